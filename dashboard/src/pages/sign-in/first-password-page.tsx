// Somebody else has set this account's password: nothing is allowed before there is one of its own.
import { useEffect } from 'react';
import { useSignOut } from '../../app/session';
import { BrandMark, Preferences } from '../../app/shell';
import { useT } from '../../i18n/context';
import { Button } from '../../ui/button';
import { PasswordForm } from '../settings/password-form';

export function FirstPasswordPage() {
  const t = useT();
  const signOut = useSignOut();
  useEffect(() => {
    document.title = t('app.page_title', { page: t('settings.change_password') });
  }, [t]);
  return (
    <div className="gate">
      <div className="gate-top"><Preferences /></div>
      <main className="sign-in">
        <div className="sign-in-brand"><BrandMark /><h1>{t('settings.change_password')}</h1></div>
        <p>{t('settings.must_change')}</p>
        <PasswordForm />
        <Button variant="quiet" onPress={() => void signOut()}>{t('app.sign_out')}</Button>
      </main>
    </div>
  );
}
