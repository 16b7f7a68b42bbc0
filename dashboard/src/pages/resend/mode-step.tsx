// The second step: what of it goes out again, and in which words. Passing what users have chosen is
// asked apart from everything else, and only of those who may.
import { useCan } from '../../app/session';
import { useT } from '../../i18n/context';
import { Button } from '../../ui/button';
import { Checkbox } from '../../ui/form';
import { Notice, Section } from '../../ui/layout';
import { mayIncludeAccepted, MODES, type Content, type Flow } from './flow';
import type { Change } from './flow-page';

const CONTENTS: readonly Content[] = ['frozen', 'rendered'];

export function ModeStep(props: { flow: Flow; change: Change }) {
  const { flow, change } = props;
  const t = useT();
  const mayOverride = useCan()('notifications.override');
  return (
    <div className="resend-flow">
      <Section title={t('resend.mode.title')}>
        <Choices
          name="mode" legend={t('resend.mode.title')} value={flow.mode}
          choices={MODES.map((id) => ({ id, label: t(`resend.mode.${id}`), hint: t(`resend.mode.${id}.hint`) }))}
          onChange={(mode) => change({ mode, includeAccepted: flow.includeAccepted && mayIncludeAccepted(mode) })}
        />
        {mayIncludeAccepted(flow.mode) && (
          <div className="flow-extra">
            <Checkbox isSelected={flow.includeAccepted}
              onChange={(includeAccepted) => change({ includeAccepted })}>
              {t('resend.include_accepted')}
            </Checkbox>
            {flow.includeAccepted && <Notice tone="warn">{t('resend.include_accepted.hint')}</Notice>}
          </div>
        )}
      </Section>
      <Section title={t('resend.content')}>
        <Choices
          name="content" legend={t('resend.content')} value={flow.content}
          choices={CONTENTS.map((id) => ({
            id, label: t(`resend.content.${id}`), hint: t(`resend.content.${id}.hint`),
          }))}
          onChange={(content) => change({ content })}
        />
      </Section>
      {mayOverride && (
        <Section title={t('resend.override')}>
          <div className="flow-extra">
            <p className="muted">{t('resend.override.hint')}</p>
            <Checkbox isSelected={flow.override} onChange={(override) => change({ override })}>
              {t('resend.override.confirm')}
            </Checkbox>
          </div>
        </Section>
      )}
      <div className="flow-foot">
        <Button onPress={() => change({ step: 'find' })}>{t('resend.back')}</Button>
        <Button variant="primary" onPress={() => change({ step: 'check' })}>{t('resend.next')}</Button>
      </div>
    </div>
  );
}

/** A few choices with a sentence each. */
export function Choices<Id extends string>(props: {
  name: string;
  legend: string;
  value: Id;
  choices: readonly { id: Id; label: string; hint: string }[];
  onChange: (id: Id) => void;
}) {
  return (
    <fieldset className="choices">
      <legend className="visually-hidden">{props.legend}</legend>
      {props.choices.map((choice) => (
        <label key={choice.id} className={choice.id === props.value ? 'choice choice-now' : 'choice'}>
          <input type="radio" name={props.name} checked={choice.id === props.value}
            aria-describedby={`${props.name}-${choice.id}`} onChange={() => props.onChange(choice.id)} />
          <span className="choice-text">
            <span className="choice-label">{choice.label}</span>
            <span className="muted small" id={`${props.name}-${choice.id}`}>{choice.hint}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
