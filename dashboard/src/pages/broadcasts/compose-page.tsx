// A new broadcast: saved as a draft; nothing goes out before somebody starts it.
import { useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { api } from '../../api/client';
import { useAction } from '../../app/action';
import { useCan } from '../../app/session';
import { useT } from '../../i18n/context';
import { Button } from '../../ui/button';
import { Checkbox, Segmented, Select, TextField } from '../../ui/form';
import { Page, Problem, Section } from '../../ui/layout';
import { useCategories } from '../notifications/notifications-page';
import { PhonePreview } from '../notifications/phone';
import { emptyDraft, missingIn, requestOf, within, type Draft } from './compose';
import type { Broadcast, Text } from './model';
import '../notifications/notifications.css';
import '../resend/resend.css';

const CHANNELS = ['push', 'inbox', 'email', 'webhook'];
const KEEP = 'barid.broadcast_draft';

function kept(): Draft {
  try {
    const text = sessionStorage.getItem(KEEP);
    return text ? { ...emptyDraft, ...(JSON.parse(text) as Partial<Draft>) } : emptyDraft;
  } catch {
    return emptyDraft;
  }
}

export default function ComposePage() {
  const t = useT();
  const [, navigate] = useLocation();
  const can = useCan();
  const [written, setDraft] = useState<Draft>(kept);
  const draft = within(written, can('data.view'));
  const [tried, setTried] = useState(false);
  const change = (next: Partial<Draft>) => setDraft((now) => ({ ...now, ...next }));
  // A reload, or a look at another page, loses nothing.
  useEffect(() => {
    try {
      sessionStorage.setItem(KEEP, JSON.stringify(written));
    } catch {
      // A browser without storage forgets it with the page.
    }
  }, [written]);
  const save = useAction<void, Broadcast>({
    run: () => api.post('/broadcasts', requestOf(draft)),
    topics: ['broadcasts'],
    done: () => t('broadcast.saved'),
    quietErrors: true,
    then: (made) => {
      sessionStorage.removeItem(KEEP);
      navigate(`/broadcasts/${made.id}`, { replace: true });
    },
  });
  const missing = missingIn(draft);
  const lacks = (what: (typeof missing)[number]) => tried && missing.includes(what);
  const press = () => {
    setTried(true);
    if (missing.length === 0) save.mutate();
  };
  return (
    <Page title={t('broadcasts.new')} crumbs={[{ href: '/broadcasts', label: t('broadcasts.title') }]}>
      <div className="split">
        <div className="split-main">
          <WordsSection draft={draft} change={change} lacks={lacks} />
          <AudienceSection draft={draft} change={change} lacks={lacks} />
          {save.error && <Problem error={save.error} />}
          <div className="flow-foot">
            <Button variant="primary" busy={save.isPending} onPress={press}>
              {save.isPending ? t('broadcast.saving') : t('broadcast.save')}
            </Button>
          </div>
        </div>
        <div className="split-side">
          {draft.words === 'texts' && (
            <Section title={t('phone.title')}>
              <PhonePreview shown={[
                { locale: 'en', ...draft.texts.en, image: null, dir: 'ltr' },
                { locale: 'ar', ...draft.texts.ar, image: null, dir: 'rtl' },
              ]} />
            </Section>
          )}
        </div>
      </div>
    </Page>
  );
}

interface PartProps {
  draft: Draft;
  change: (next: Partial<Draft>) => void;
  lacks: (what: ReturnType<typeof missingIn>[number]) => boolean;
}

function WordsSection(props: PartProps) {
  const { draft, change, lacks } = props;
  const t = useT();
  const set = (lang: 'en' | 'ar', next: Partial<Text>) =>
    change({ texts: { ...draft.texts, [lang]: { ...draft.texts[lang], ...next } } });
  return (
    <Section
      title={t('broadcast.words')}
      actions={
        <Segmented label={t('broadcast.words')} value={draft.words} onChange={(words) => change({ words })}
          options={[
            { id: 'texts', label: t('broadcast.words.texts') }, { id: 'template', label: t('broadcast.words.template') },
          ]} />
      }
    >
      {draft.words === 'texts' ? (
        <div className="compose-texts">
          {(['en', 'ar'] as const).map((lang) => (
            <fieldset key={lang} className="compose-lang" lang={lang} dir={lang === 'ar' ? 'rtl' : 'ltr'}>
              <legend>{t(`lang.${lang}`)}</legend>
              <TextField label={t('broadcast.text.title')} value={draft.texts[lang].title} dir="auto" maxLength={1024}
                onChange={(title) => set(lang, { title })} />
              <TextField label={t('broadcast.text.body')} value={draft.texts[lang].body} rows={4} dir="auto" maxLength={3500}
                onChange={(body) => set(lang, { body })} />
            </fieldset>
          ))}
          {lacks('texts') && <p className="field-error" role="alert">{t('broadcast.text.needed')}</p>}
        </div>
      ) : (
        <div className="form-grid">
          <TextField label={t('broadcast.template')} value={draft.template} dir="ltr" mono
            onChange={(template) => change({ template })} error={lacks('template') ? t('content.needed') : undefined} />
          <TextField label={t('broadcast.vars')} value={draft.vars} dir="ltr" mono rows={4}
            onChange={(vars) => change({ vars })} error={lacks('vars') ? t('template.variables.bad') : undefined} />
        </div>
      )}
    </Section>
  );
}

function AudienceSection(props: PartProps) {
  const { draft, change, lacks } = props;
  const t = useT();
  const can = useCan();
  const categories = useCategories();
  const toggle = (channel: string, on: boolean) =>
    change({ channels: CHANNELS.filter((each) => (each === channel ? on : draft.channels.includes(each))) });
  return (
    <Section
      title={t('broadcast.audience')}
      actions={can('data.view') && (
        <Segmented label={t('broadcast.audience')} value={draft.audience} onChange={(audience) => change({ audience })}
          options={[
            { id: 'segment', label: t('broadcast.audience.segment') }, { id: 'users', label: t('broadcast.audience.users') },
          ]} />
      )}
    >
      <div className="flow-extra">
        {draft.audience === 'segment' ? (
          <TextField label={t('broadcast.segment')} help={t('broadcast.segment.hint')} value={draft.segment} dir="ltr" mono
            rows={3} onChange={(segment) => change({ segment })} error={lacks('audience') ? t('content.needed') : undefined} />
        ) : (
          <TextField label={t('broadcast.users')} value={draft.users} dir="ltr" mono rows={4}
            onChange={(users) => change({ users })} error={lacks('audience') ? t('content.needed') : undefined} />
        )}
        <div className="form-grid">
          {categories ? (
            <Select label={t('broadcast.category')} value={draft.category} isRequired
              options={categories.map((id) => ({ id, label: id, ident: true }))}
              onChange={(category) => change({ category })} error={lacks('category') ? t('content.needed') : undefined} />
          ) : (
            <TextField label={t('broadcast.category')} value={draft.category ?? ''} dir="ltr"
              onChange={(category) => change({ category: category || null })}
              error={lacks('category') ? t('content.needed') : undefined} />
          )}
          <TextField label={t('broadcast.start_at')} help={t('broadcast.when.now')} type="datetime-local" dir="ltr"
            value={draft.startAt} onChange={(startAt) => change({ startAt })} />
        </div>
        <fieldset className="checks">
          <legend className="field-label">{t('broadcast.channels')}</legend>
          {CHANNELS.map((channel) => (
            <Checkbox key={channel} isSelected={draft.channels.includes(channel)} onChange={(on) => toggle(channel, on)}>
              {t(`channel.${channel}`)}
            </Checkbox>
          ))}
          {lacks('channels') && <p className="field-error" role="alert">{t('content.needed')}</p>}
        </fieldset>
      </div>
    </Section>
  );
}
