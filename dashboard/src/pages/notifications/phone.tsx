// A notification as phones show it: frames in plain CSS, the screen's direction from the language,
// each text's own from its first letter, cut where phones cut.
import { useState } from 'react';
import { useT } from '../../i18n/context';
import { Segmented } from '../../ui/form';
import { Notice } from '../../ui/layout';
import type { Shown } from './model';
import {
  directionOf, length, mayBeCut, screenDirection, type Form, type Platform,
} from './phone-rules';
import './phone.css';

export interface PhoneLook {
  platform: Platform;
  form: Form;
  dark: boolean;
}

const FIXED_TIME = '9:41';

/** One phone. The app's name is nobody's in particular: the shop's own is not known here. */
export function Phone(props: { shown: Shown; look: PhoneLook }) {
  const { shown, look } = props;
  const t = useT();
  const dir = shown.dir ?? screenDirection(shown.locale);
  const language = dir === 'rtl' ? 'ar' : 'en';
  const title = shown.title ?? '';
  const body = shown.body ?? '';
  return (
    <div
      className={`phone phone-${look.platform} phone-${look.form} ${look.dark ? 'phone-dark' : 'phone-light'}`}
      dir={dir}
      lang={shown.locale ?? language}
      role="group"
      aria-label={t('phone.frame', {
        platform: t(`platform.${look.platform}`), language: t(`lang.${language}`), title, body,
      })}
    >
      <div className="phone-status" aria-hidden="true">
        <span>{FIXED_TIME}</span>
        <span className="phone-status-icons"><i /><i /><i /></span>
      </div>
      <div className="phone-card">
        {look.platform === 'android' && (
          <div className="phone-app" aria-hidden="true">
            <span className="phone-app-icon" />
            <span>{t(`phone.app.${language}`)}</span>
            <span className="phone-app-time">· {t(`phone.now.${language}`)}</span>
          </div>
        )}
        {look.platform === 'ios' && <span className="phone-app-icon" aria-hidden="true" />}
        <div className="phone-texts">
          <div className="phone-line">
            <p className="phone-title" dir={directionOf(title)}>{title}</p>
            {look.platform === 'ios' && (
              <span className="phone-app-time" aria-hidden="true">{t(`phone.now.${language}`)}</span>
            )}
          </div>
          <p className="phone-body" dir={directionOf(body)}>{body === '' ? t('phone.no_text') : body}</p>
        </div>
        {shown.image && look.form === 'collapsed' && <span className="phone-thumb" aria-hidden="true" />}
        {shown.image && look.form === 'expanded' && <span className="phone-picture" aria-hidden="true" />}
      </div>
    </div>
  );
}

function Cuts(props: { shown: readonly Shown[]; look: PhoneLook }) {
  const t = useT();
  const { platform, form } = props.look;
  const cut = props.shown.flatMap((each) =>
    (['title', 'body'] as const)
      .filter((part) => mayBeCut(platform, form, part, each[part] ?? ''))
      .map((part) => ({
        key: `${each.locale ?? ''}${part}`, part, n: length(each[part] ?? ''), locale: each.locale,
      })),
  );
  const several = props.shown.length > 1;
  if (cut.length === 0) return null;
  return (
    <Notice tone="warn">
      {cut.map((each) => (
        <p key={each.key}>
          {several && each.locale && `${t(`lang.${each.locale.startsWith('ar') ? 'ar' : 'en'}`)}: `}
          {t(`phone.cut.${each.part}`, { n: each.n })}
        </p>
      ))}
    </Notice>
  );
}

/** One or several languages side by side, with the choices of how to look at them. */
export function PhonePreview(props: { shown: readonly Shown[]; startWith?: Platform }) {
  const t = useT();
  const [look, setLook] = useState<PhoneLook>({
    platform: props.startWith ?? 'android', form: 'expanded', dark: false,
  });
  return (
    <div className="phone-preview">
      <div className="phone-controls">
        <Segmented
          label={t('phone.platform')}
          value={look.platform}
          options={[{ id: 'android', label: t('platform.android') }, { id: 'ios', label: t('platform.ios') }]}
          onChange={(platform) => setLook((now) => ({ ...now, platform }))}
        />
        <Segmented
          label={t('phone.form')}
          value={look.form}
          options={[
            { id: 'collapsed', label: t('phone.form.collapsed') },
            { id: 'expanded', label: t('phone.form.expanded') },
          ]}
          onChange={(form) => setLook((now) => ({ ...now, form }))}
        />
        <Segmented
          label={t('phone.title')}
          value={look.dark ? 'dark' : 'light'}
          options={[
            { id: 'light', label: t('phone.theme.light') },
            { id: 'dark', label: t('phone.theme.dark') },
          ]}
          onChange={(theme) => setLook((now) => ({ ...now, dark: theme === 'dark' }))}
        />
      </div>
      <div className="phones">
        {props.shown.map((each, index) => (
          <Phone key={each.locale ?? index} shown={each} look={look} />
        ))}
      </div>
      <Cuts shown={props.shown} look={look} />
      <p className="phone-note">{t('phone.note')}</p>
    </div>
  );
}
