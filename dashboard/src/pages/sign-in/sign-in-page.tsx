import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, type FormEvent } from 'react';
import { api, setBearerToken } from '../../api/client';
import { ApiError } from '../../api/problem';
import type { Me, SignInInfo } from '../../api/types';
import { ME } from '../../app/session';
import { BrandMark, Preferences } from '../../app/shell';
import { useT } from '../../i18n/context';
import { Button } from '../../ui/button';
import { Segmented, TextField } from '../../ui/form';
import { Problem } from '../../ui/layout';
import { Ident } from '../../ui/text';

type Method = 'password' | 'token';

export function SignInPage() {
  const t = useT();
  const client = useQueryClient();
  const info = useQuery({ queryKey: ['sign-in'], queryFn: () => api.get<SignInInfo>('/sign-in') });
  const [chosen, setChosen] = useState<Method | null>(null);
  const [login, setLogin] = useState('');
  const [secret, setSecret] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const methods = info.data?.methods ?? ['password', 'token'];
  const method: Method = chosen ?? (methods.includes('password') ? 'password' : 'token');

  useEffect(() => {
    document.title = t('app.page_title', { page: t('sign_in.title') });
  }, [t]);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      client.setQueryData(ME, await (method === 'password' ? byPassword(login, secret) : byToken(secret)));
    } catch (failure) {
      setSecret('');
      setError(failure);
    } finally {
      setBusy(false);
    }
  };

  return (
    <div className="gate">
      <div className="gate-top"><Preferences /></div>
      <main className="sign-in">
        <div className="sign-in-brand"><BrandMark /><h1>{t('sign_in.title')}</h1></div>
        {methods.length > 1 && (
          <Segmented<Method>
            label={t('sign_in.method')}
            value={method}
            options={[
              { id: 'password', label: t('sign_in.password') },
              { id: 'token', label: t('sign_in.token') },
            ]}
            onChange={(next) => {
              setChosen(next);
              setSecret('');
              setError(null);
            }}
          />
        )}
        <form onSubmit={(event) => void submit(event)} className="stack">
          {method === 'password' && (
            <TextField label={t('sign_in.login')} value={login} onChange={setLogin} autoComplete="username"
              name="login" dir="ltr" isRequired autoFocus />
          )}
          <TextField
            key={method}
            label={method === 'password' ? t('sign_in.password') : t('sign_in.token')}
            help={method === 'token' ? t('sign_in.token_help') : undefined}
            type="password"
            name={method}
            dir="ltr"
            value={secret}
            onChange={setSecret}
            autoComplete={method === 'password' ? 'current-password' : 'off'}
            isRequired
          />
          {error !== null && <Problem compact error={error} />}
          <Button variant="primary" type="submit" busy={busy}>{t('sign_in.submit')}</Button>
        </form>
      </main>
      {info.data && <p className="gate-foot"><Ident>{info.data.version}</Ident></p>}
    </div>
  );
}

function byPassword(login: string, password: string): Promise<Me> {
  return api.post<Me>('/session', { login, password });
}

async function byToken(token: string): Promise<Me> {
  setBearerToken(token.trim());
  try {
    return await api.get<Me>('/me');
  } catch (failure) {
    setBearerToken(null);
    if (failure instanceof ApiError && failure.status === 401) {
      throw new ApiError(401, 'wrong_credentials', '', failure.requestId);
    }
    throw failure;
  }
}
