import { useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../api/client';
import { ME } from '../../app/session';
import { useAction } from '../../app/action';
import { useT } from '../../i18n/context';
import { Button } from '../../ui/button';
import { TextField } from '../../ui/form';
import { Problem } from '../../ui/layout';

export const MIN_PASSWORD = 12;

export function PasswordForm() {
  const t = useT();
  const client = useQueryClient();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const change = useAction({
    run: () => api.post('/me/password', { current, new: next }),
    topics: [],
    done: () => t('settings.password_changed'),
    quietErrors: true,
    then: () => {
      setCurrent('');
      setNext('');
      setAgain('');
      void client.invalidateQueries({ queryKey: ME });
    },
  });
  const short = next !== '' && next.length < MIN_PASSWORD;
  const differs = again !== '' && again !== next;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (current !== '' && next.length >= MIN_PASSWORD && again === next) change.mutate();
  };
  return (
    <form className="stack" onSubmit={submit}>
      <div className="form-row">
        <TextField label={t('settings.current_password')} type="password" dir="ltr" autoComplete="current-password"
          value={current} onChange={setCurrent} isRequired />
        <TextField label={t('settings.new_password')} type="password" dir="ltr" autoComplete="new-password"
          help={t('settings.password_help', { count: MIN_PASSWORD })}
          error={short ? t('settings.password_help', { count: MIN_PASSWORD }) : undefined}
          value={next} onChange={setNext} isRequired />
        <TextField label={t('settings.again')} type="password" dir="ltr" autoComplete="new-password"
          error={differs ? t('settings.differs') : undefined} value={again} onChange={setAgain} isRequired />
      </div>
      {change.error && <Problem compact error={change.error} />}
      <div><Button type="submit" variant="primary" busy={change.isPending}>{t('settings.change_password')}</Button></div>
    </form>
  );
}
