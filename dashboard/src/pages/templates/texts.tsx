// The fields of one language. A complaint stands under its field; its place can be gone to.
import { useRef } from 'react';
import { useT } from '../../i18n/context';
import { Button } from '../../ui/button';
import { Section } from '../../ui/layout';
import { UserText } from '../../ui/text';
import { selectionAt, type Place } from './draft';
import type { TemplateText } from './model';

const FIELDS = ['title', 'body', 'html'] as const;
type Field = (typeof FIELDS)[number];

const ROWS: Record<Field, number> = { title: 2, body: 4, html: 6 };

export function LanguageTexts(props: {
  text: TemplateText;
  places: readonly Place[];
  readOnly: boolean;
  onChange: (text: TemplateText) => void;
}) {
  const { text } = props;
  const { locale } = text;
  const t = useT();
  const base = locale.slice(0, 2);
  const language = base === 'en' || base === 'ar' ? t(`lang.${base}`) : base;
  const name = locale === base ? language : `${language} (${locale})`;
  const shown = FIELDS.filter((field) => field !== 'html' || typeof text.html === 'string');
  return (
    <Section title={[name, text.channel === '*' ? null : t(`channel.${text.channel}`)].filter(Boolean).join(' · ')}>
      <div className="template-fields" lang={locale}>
        {shown.map((field) => (
          <PatternField
            key={field}
            label={t(`template.field.${field}`)}
            field={field}
            value={text[field] ?? ''}
            dir={base === 'ar' && field !== 'html' ? 'rtl' : 'ltr'}
            places={props.places.filter((place) => place.field === field || place.field === null)}
            readOnly={props.readOnly}
            onChange={(value) => props.onChange({ ...text, [field]: value })}
          />
        ))}
        {props.places.filter((place) => place.field !== null && !shown.some((field) => field === place.field)).map((place, index) => (
          <p key={index} className="field-error"><UserText>{place.problem}</UserText></p>
        ))}
      </div>
    </Section>
  );
}

/** A text area of its own: the place of an error has to be selected in it. */
function PatternField(props: {
  label: string;
  field: Field;
  value: string;
  dir: 'ltr' | 'rtl';
  places: readonly Place[];
  readOnly: boolean;
  onChange: (value: string) => void;
}) {
  const t = useT();
  const area = useRef<HTMLTextAreaElement>(null);
  const bad = props.places.length > 0;
  const goTo = (character: number) => {
    const at = selectionAt(props.value, character);
    area.current?.focus();
    area.current?.setSelectionRange(at, Math.min(props.value.length, at + 1));
  };
  return (
    <label className="field">
      <span className="field-label">{props.label}</span>
      <textarea
        ref={area}
        className={props.field === 'html' ? 'input mono' : 'input template-text'}
        rows={ROWS[props.field]}
        dir={props.dir}
        value={props.value}
        readOnly={props.readOnly}
        aria-invalid={bad}
        onChange={(event) => props.onChange(event.target.value)}
      />
      {props.places.map((place, index) => (
        <span key={index} className="field-error" role="alert">
          <UserText>{place.problem}</UserText>{' '}
          {place.character !== null && (
            <Button small variant="quiet" onPress={() => goTo(place.character ?? 1)}>
              {t('template.problem.at', { n: place.character })}
            </Button>
          )}
        </span>
      ))}
    </label>
  );
}
