// What a phone would show, in every language of the draft, half a second after the last letter.
import { useQueries } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { api } from '../../api/client';
import { ApiError } from '../../api/problem';
import { useT } from '../../i18n/context';
import { TextField } from '../../ui/form';
import { Notice, Section } from '../../ui/layout';
import { UserText } from '../../ui/text';
import { objectIn } from '../broadcasts/compose';
import { PhonePreview } from '../notifications/phone';
import { sampleValues, textsBody, type Draft } from './draft';
import type { TemplatePreview, Variable } from './model';

function useLater<T>(value: T, ms: number): T {
  const [later, setLater] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLater(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return later;
}

export function DraftPreview(props: {
  name: string;
  version: number;
  draft: Draft;
  variables: Record<string, Variable> | null;
  changed: boolean;
}) {
  const { name, changed } = props;
  const t = useT();
  const [values, setValues] = useState<string | null>(null);
  const draft = useLater(props.draft, 500);
  const variables = useLater(props.variables, 500);
  const samples = useMemo(() => JSON.stringify(sampleValues(variables ?? {}), null, 2), [variables]);
  const given = objectIn(values ?? samples);
  const locales = [...new Set(draft.texts.map((text) => text.locale))];
  const queries = useQueries({
    queries: locales.map((locale) => {
      const body = {
        locale, vars: given ?? {},
        ...(!changed && props.version > 0 ? { version: props.version } : {}),
        ...(changed ? { draft: { texts: textsBody(draft.texts), variables: variables ?? {} } } : {}),
      };
      return {
        queryKey: ['template-preview', name, body],
        queryFn: () => api.post<TemplatePreview>(`/templates/${encodeURIComponent(name)}/preview`, body),
        enabled: name !== '' && given !== null && variables !== null,
        retry: false,
        placeholderData: (before: TemplatePreview | undefined) => before,
        gcTime: 60_000,
      };
    }),
  });
  const shown = queries.flatMap((query, index) => (query.data && !query.error && locales[index] ? [query.data] : []));
  return (
    <>
      <Section title={t('template.preview')}>
        {queries.map((query, index) => query.error && (
          <Notice key={locales[index]} tone="warn">
            <p>{t('template.preview.failed')} ({locales[index]})</p>
            <Why error={query.error} />
          </Notice>
        ))}
        {shown.length > 0 && <PhonePreview shown={shown} />}
      </Section>
      <Section title={t('template.values')}>
        <TextField label={t('template.values')} hideLabel value={values ?? samples} onChange={setValues} rows={6} dir="ltr" mono
          error={given === null ? t('template.variables.bad') : undefined} />
      </Section>
    </>
  );
}

function Why(props: { error: Error }) {
  const { error } = props;
  if (!(error instanceof ApiError)) return null;
  if (error.errors.length === 0) return <p><UserText>{error.detail}</UserText></p>;
  return <ul className="plain-list">{error.errors.map((each, index) => <li key={index}><UserText>{each.problem}</UserText></li>)}</ul>;
}
