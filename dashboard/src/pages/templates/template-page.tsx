// A template in both languages, with what a phone would show beside it as it is written. A version
// never changes: saving makes a new one, and not over somebody else's (If-Match).
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { useLocation, useParams, useSearchParams } from 'wouter';
import { api } from '../../api/client';
import { ApiError } from '../../api/problem';
import { useCan } from '../../app/session';
import { useT } from '../../i18n/context';
import { Button, TextLink } from '../../ui/button';
import { useConfirm } from '../../ui/dialog';
import { Select, TextField } from '../../ui/form';
import { Loaded, Notice, Page, Problem, Section } from '../../ui/layout';
import { Badge, Ident } from '../../ui/text';
import { useToast } from '../../ui/toast';
import { differs, draftOf, placeOf, variablesIn, type Draft } from './draft';
import type { Template } from './model';
import { DraftPreview } from './preview';
import { LanguageTexts } from './texts';
import './templates.css';
import '../notifications/notifications.css';

interface Tagged {
  template: Template;
  etag: string | null;
}

const NEW: Template = {
  key: '', version: 0, newest: 0, versions: [], created_at: '', allowed_actions: ['edit'],
  texts: { en: { title: '', body: '' }, ar: { title: '', body: '' } }, variables: {},
};

export default function TemplatePage() {
  const { key = '' } = useParams<{ key: string }>();
  const t = useT();
  const [search, setSearch] = useSearchParams();
  const version = search.get('version');
  const fresh = key === 'new';
  const path = `/templates/${encodeURIComponent(key)}${version ? `?version=${encodeURIComponent(version)}` : ''}`;
  const query = useQuery<Tagged>({
    queryKey: ['templates', 'one', path],
    queryFn: async ({ signal }) => {
      const answer = await api.getTagged<Template>(path, signal);
      return { template: answer.data, etag: answer.etag };
    },
    enabled: !fresh,
    // What is being edited must not change under somebody's hands.
    refetchOnWindowFocus: false,
    staleTime: Infinity,
  });
  const title = fresh ? t('templates.new') : key;
  return (
    <Page
      title={title}
      heading={fresh ? undefined : <Ident>{key}</Ident>}
      crumbs={[{ href: '/templates', label: t('templates.title') }]}
      lead={query.data && !fresh && (
        <Versions template={query.data.template} choose={(next) => setSearch(next ? { version: next } : {})} />
      )}
    >
      {fresh
        ? <Editor tagged={{ template: NEW, etag: null }} fresh />
        : <Loaded query={query}>{(tagged) => <Editor key={`${key}${tagged.template.version}`} tagged={tagged} />}</Loaded>}
    </Page>
  );
}

function Versions(props: { template: Template; choose: (version: string | null) => void }) {
  const { template } = props;
  const t = useT();
  const newest = template.newest || template.version;
  return (
    <Select
      label={t('templates.column.version')}
      hideLabel
      value={String(template.version)}
      options={template.versions.map((each) => ({
        id: String(each.version),
        label: t(each.version === newest ? 'template.version.newest' : 'template.version', { n: each.version }),
      }))}
      onChange={(next) => props.choose(next === String(newest) ? null : next)}
    />
  );
}

function Editor(props: { tagged: Tagged; fresh?: boolean }) {
  const { template, etag } = props.tagged;
  const t = useT();
  const client = useQueryClient();
  const toast = useToast();
  const confirm = useConfirm();
  const [, navigate] = useLocation();
  const mayEdit = useCan()('templates.edit');
  const [key, setKey] = useState('');
  const [draft, setDraft] = useState<Draft>(() => draftOf(template));
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const changed = differs(draft, template);
  const variables = useMemo(() => variablesIn(draft.variables), [draft.variables]);
  const locales = Object.keys(draft.texts);
  const places = error instanceof ApiError ? error.errors.map((each) => placeOf(each, locales)) : [];
  const elsewhere = places.filter((place) => place.locale === null);
  const name = props.fresh ? key.trim() : template.key;

  useEffect(() => {
    if (!changed) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [changed]);

  const save = async () => {
    if (busy || !variables || name === '') return;
    setBusy(true);
    setError(null);
    try {
      // A new one must not replace what has that key already.
      const saved = await api.put<Template>(`/templates/${encodeURIComponent(name)}`,
        { texts: draft.texts, variables }, props.fresh ? null : etag);
      toast.show({ text: t('template.saved', { n: saved.version }) });
      setDraft(draftOf(saved));
      await client.invalidateQueries({ queryKey: ['templates'] });
      navigate(`/templates/${encodeURIComponent(name)}`, { replace: props.fresh ?? false });
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  const revert = async () => {
    const yes = await confirm({ title: t('template.revert.title'), confirm: t('template.revert'), danger: true });
    if (yes) {
      setDraft(draftOf(template));
      setError(null);
    }
  };
  const conflict = error instanceof ApiError && (error.status === 412 || error.code === 'conflict');
  const missing = (['en', 'ar'] as const).filter((locale) => !draft.texts[locale]);
  return (
    <div className="split">
      <div className="split-main">
        {!mayEdit && <Notice>{t('template.readonly')}</Notice>}
        {!props.fresh && template.newest > template.version && (
          <Notice tone="warn">{t('template.old', { n: template.version, newest: template.newest })}</Notice>
        )}
        {props.fresh && (
          <Section title={t('template.key')}>
            <TextField label={t('template.key')} hideLabel value={key} onChange={setKey} dir="ltr" mono maxLength={128}
              placeholder="order.shipped" isRequired />
          </Section>
        )}
        {locales.map((locale) => (
          <LanguageTexts
            key={locale}
            locale={locale}
            text={draft.texts[locale] ?? { title: '', body: '' }}
            places={places.filter((place) => place.locale === locale)}
            readOnly={!mayEdit}
            onChange={(text) => setDraft((now) => ({ ...now, texts: { ...now.texts, [locale]: text } }))}
          />
        ))}
        {mayEdit && missing.map((locale) => (
          <Button key={locale} icon="plus" onPress={() => setDraft((now) => ({
            ...now, texts: { ...now.texts, [locale]: { title: '', body: '' } },
          }))}>
            {t('template.language.add', { language: t(`lang.${locale}`) })}
          </Button>
        ))}
        <Section title={t('template.variables')}>
          <TextField label={t('template.variables')} hideLabel help={t('template.variables.hint')} value={draft.variables}
            onChange={(next) => setDraft((now) => ({ ...now, variables: next }))} rows={6} dir="ltr" mono
            isDisabled={!mayEdit} error={variables ? undefined : t('template.variables.bad')} />
        </Section>
        {error !== null && (conflict
          ? <Notice tone="warn" action={<TextLink href={`/templates/${encodeURIComponent(name)}`}>{t('template.newest')}</TextLink>}>{t('template.conflict')}</Notice>
          : places.length === 0 || elsewhere.length > 0 ? <Problem error={error} /> : null)}
        {mayEdit && (
          <div className="flow-foot save-bar">
            <Button variant="primary" busy={busy} isDisabled={(!changed && !props.fresh) || !variables || name === ''} onPress={() => void save()}>
              {busy ? t('template.saving') : t('template.save')}
            </Button>
            {changed && <Button variant="quiet" icon="undo" onPress={() => void revert()}>{t('template.revert')}</Button>}
            {changed && <Badge tone="warn">{t('template.unsaved')}</Badge>}
          </div>
        )}
      </div>
      <div className="split-side">
        <DraftPreview name={props.fresh ? name : template.key} draft={draft} variables={variables} changed={changed || props.fresh === true} />
      </div>
    </div>
  );
}
