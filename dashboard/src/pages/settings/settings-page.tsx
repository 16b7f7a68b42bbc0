import { setLanguage, setTheme, usePreferences, type ThemeChoice } from '../../app/preferences';
import { useCan, useMe } from '../../app/session';
import { useT } from '../../i18n/context';
import type { Language } from '../../i18n/language';
import { Segmented } from '../../ui/form';
import { Facts, Notice, Page, Section } from '../../ui/layout';
import { Tag, Time, UserText } from '../../ui/text';
import { Accounts } from './accounts';
import { PasswordForm } from './password-form';
import { Roles } from './roles';
import { Tokens } from './tokens';

export default function SettingsPage() {
  const t = useT();
  const me = useMe();
  const can = useCan();
  return (
    <Page title={t('nav.settings')}>
      {me.must_change_password && <Notice tone="warn">{t('settings.must_change')}</Notice>}
      <div className="columns">
        <Section title={t('settings.you')}><You /></Section>
        <Section title={t('settings.look')}><Look /></Section>
      </div>
      {me.kind === 'account' && <Section title={t('settings.password')}><PasswordForm /></Section>}
      <Tokens />
      {can('admin') && <Accounts />}
      {can('admin') && <Roles />}
    </Page>
  );
}

function You() {
  const t = useT();
  const me = useMe();
  return (
    <Facts facts={[
      { label: t('settings.name'), value: <UserText>{me.name}</UserText> },
      { label: t('settings.kind'), value: t(`settings.kind.${me.kind}`) },
      me.expires_at ? { label: t('settings.expires'), value: <Time at={me.expires_at} absolute /> } : null,
      {
        label: t('settings.permissions'),
        wide: true,
        value: Object.entries(me.permissions).map(([name, grant]) => (
          <Tag key={name}>{grant.limited_to ? `${name} (${grant.limited_to.join(', ')})` : name}</Tag>
        )),
      },
    ]} />
  );
}

function Look() {
  const t = useT();
  const { language, theme } = usePreferences();
  return (
    <div className="stack">
      <Segmented<Language> label={t('settings.language')} value={language} onChange={setLanguage}
        options={[{ id: 'en', label: t('settings.language.en') }, { id: 'ar', label: t('settings.language.ar') }]} />
      <Segmented<ThemeChoice> label={t('app.theme')} value={theme} onChange={setTheme}
        options={(['light', 'dark', 'auto'] as const).map((id) => ({ id, label: t(`app.theme.${id}`) }))} />
    </div>
  );
}
