// A template in both languages, with what a phone would show beside it as it is written. A version
// never changes: saving makes a new one, and not over somebody else's (If-Match).
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { useLocation, useParams, useSearchParams } from 'wouter';
import { api } from '../../api/client';
import { useList } from '../../api/list';
import { ApiError } from '../../api/problem';
import { useCan } from '../../app/session';
import { useT } from '../../i18n/context';
import { Button, TextLink } from '../../ui/button';
import { useConfirm } from '../../ui/dialog';
import { Select, TextField } from '../../ui/form';
import { Loaded, Notice, Page, Problem, Section } from '../../ui/layout';
import { Badge, Ident } from '../../ui/text';
import { useToast } from '../../ui/toast';
import { differs, draftOf, placeOf, textsBody, variablesIn, type Draft } from './draft';
import type { Template, TemplateItem, TemplateText } from './model';
import { DraftPreview } from './preview';
import { LanguageTexts } from './texts';
import './templates.css';
import '../notifications/notifications.css';

function emptyText(locale: string): TemplateText {
  return { channel: '*', locale, title: '', body: '', html: null };
}

interface Tagged {
  template: Template;
  etag: string | null;
}

const NEW: Template = {
  key: '', version: 0, newest: 0, created_at: '', allowed_actions: ['edit'],
  texts: [emptyText('en'), emptyText('ar')], variables: {},
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
  const list = useList<TemplateItem>('templates', `/templates/${encodeURIComponent(template.key)}/versions`, {});
  const there = list.rows.length > 0 ? list.rows.map((each) => each.version) : [template.version];
  return (
    <Select
      label={t('templates.column.version')}
      hideLabel
      value={String(template.version)}
      options={there.map((n) => ({
        id: String(n),
        label: t(n === newest ? 'template.version.newest' : 'template.version', { n }),
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
  const locales = [...new Set(draft.texts.map((text) => text.locale))];
  const places = error instanceof ApiError ? error.errors.map((each) => placeOf(each, locales)) : [];
  const elsewhere = places.filter((place) => place.locale === null);
  const name = props.fresh ? key.trim() : template.key;

  useEffect(() => {
    if (!changed) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [changed]);

  /** What must still be the newest version when ours is saved. */
  const tagToMatch = async (): Promise<string | null> => {
    if (!props.fresh && template.version === template.newest) return etag;
    try {
      const newest = await api.getTagged<Template>(`/templates/${encodeURIComponent(name)}`);
      // Somebody has that key already, or saved while an old version was looked at.
      if (props.fresh || newest.data.version !== template.newest) throw new ApiError(412, 'changed', '', null);
      return newest.etag;
    } catch (failure) {
      if (props.fresh && failure instanceof ApiError && failure.status === 404) return null;
      throw failure;
    }
  };
  const save = async () => {
    if (busy || !variables || name === '') return;
    setBusy(true);
    setError(null);
    try {
      const saved = await api.put<Template>(`/templates/${encodeURIComponent(name)}`,
        { texts: textsBody(draft.texts), variables }, await tagToMatch());
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
  const conflict = error instanceof ApiError && (error.status === 412 || error.status === 409 || error.status === 428);
  const missing = (['en', 'ar'] as const).filter((locale) => !locales.some((each) => each.startsWith(locale)));
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
        {draft.texts.map((text, index) => (
          <LanguageTexts
            key={`${text.locale}${text.channel}`}
            text={text}
            places={places.filter((place) => place.locale === text.locale && place.channel === text.channel)}
            readOnly={!mayEdit}
            onChange={(next) => setDraft((now) => ({
              ...now, texts: now.texts.map((each, at) => (at === index ? next : each)),
            }))}
          />
        ))}
        {mayEdit && missing.map((locale) => (
          <Button key={locale} icon="plus" onPress={() => setDraft((now) => ({
            ...now, texts: [...now.texts, emptyText(locale)],
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
        <DraftPreview name={props.fresh ? name : template.key} version={template.version} draft={draft} variables={variables} changed={changed || props.fresh === true} />
      </div>
    </div>
  );
}
