import { useState } from 'react';
import { api } from '../../api/client';
import { useList } from '../../api/list';
import type { GrantOf, Token } from '../../api/types';
import { useAction } from '../../app/action';
import { useMe } from '../../app/session';
import { useT, type Translate } from '../../i18n/context';
import { Button } from '../../ui/button';
import { Dialog, useConfirm } from '../../ui/dialog';
import { NumberField, TextField } from '../../ui/form';
import { Notice, Problem, Section } from '../../ui/layout';
import { ListView } from '../../ui/list';
import type { Column } from '../../ui/table';
import { Badge, CopyButton, Ident, Tag, Time, UserText } from '../../ui/text';
import { cleaned, GrantsField } from './grants-field';

const columns = (t: Translate, revoke: (token: Token) => void): Column<Token>[] => [
  {
    id: 'name',
    header: t('settings.name'),
    show: 'main',
    cell: (token) => <span className="two-lines"><UserText>{token.name}</UserText><Ident className="muted small">{token.prefix}…</Ident></span>,
  },
  {
    id: 'state',
    header: t('jobs.state'),
    cell: (token) => <Badge tone={token.state === 'active' ? 'good' : 'neutral'}>{t(`settings.token.${token.state}`)}</Badge>,
  },
  {
    id: 'permissions',
    header: t('settings.permissions'),
    show: 'wide',
    cell: (token) => token.permissions.map((each) => <Tag key={each.permission}>{each.permission}</Tag>),
  },
  { id: 'used', header: t('settings.last_used'), cell: (token) => <Time at={token.last_used_at} /> },
  { id: 'expires', header: t('settings.expires'), cell: (token) => <Time at={token.expires_at} /> },
  {
    id: 'actions',
    header: t('settings.actions'),
    cell: (token) => token.allowed_actions.includes('revoke') && (
      <Button small icon="trash" onPress={() => revoke(token)}>{t('settings.revoke')}</Button>
    ),
  },
];

export function Tokens() {
  const t = useT();
  const confirm = useConfirm();
  const [making, setMaking] = useState(false);
  const list = useList<Token>('tokens', '/tokens', {});
  const revoke = useAction<{ token: Token; reason: string | undefined }>({
    run: ({ token, reason }) => api.delete(`/tokens/${token.id}`, { reason }),
    topics: ['tokens'],
    done: (_, { token }) => t('settings.revoked', { name: token.name }),
  });
  const ask = async (token: Token) => {
    const yes = await confirm({
      title: t('settings.revoke_title', { name: token.name }),
      body: <p>{t('settings.revoke_text')}</p>,
      confirm: t('settings.revoke'),
      danger: true,
      reason: 'required',
    });
    if (yes) revoke.mutate({ token, reason: yes.reason });
  };
  return (
    <Section
      flush
      title={t('settings.tokens')}
      actions={<Button small icon="plus" onPress={() => setMaking(true)}>{t('settings.new_token')}</Button>}
    >
      <ListView caption={t('settings.tokens')} list={list} columns={columns(t, (token) => void ask(token))}
        rowKey={(token) => String(token.id)}
        empty={{ icon: 'key', title: t('settings.no_tokens'), text: t('settings.no_tokens_text') }} />
      {making && <NewToken onClose={() => setMaking(false)} />}
    </Section>
  );
}

function NewToken(props: { onClose: () => void }) {
  const t = useT();
  const me = useMe();
  const [name, setName] = useState('');
  const [days, setDays] = useState<number | null>(90);
  const [grants, setGrants] = useState<GrantOf[]>(() => Object.hasOwn(me.permissions, 'jobs.view')
    ? [{ permission: 'jobs.view', limited_to: me.permissions['jobs.view']?.limited_to ?? null }] : []);
  const [secret, setSecret] = useState<string | null>(null);
  const make = useAction<void, { token: string }>({
    run: () => api.post('/tokens', {
      name: name.trim(),
      permissions: cleaned(grants),
      ...(days === null ? {} : { expires_in_days: days }),
    }),
    topics: ['tokens'],
    quietErrors: true,
    then: (made) => setSecret(made.token),
  });
  if (secret !== null) {
    return (
      <Dialog isOpen alert title={t('settings.token_made')} onClose={props.onClose}
        footer={<Button variant="primary" onPress={props.onClose}>{t('settings.token_kept')}</Button>}>
        <Notice tone="warn">{t('settings.token_once')}</Notice>
        <div className="line"><bdi dir="ltr" className="secret">{secret}</bdi><CopyButton text={secret} /></div>
      </Dialog>
    );
  }
  return (
    <Dialog wide isOpen title={t('settings.new_token')} onClose={props.onClose}
      footer={
        <>
          <Button onPress={props.onClose}>{t('ui.cancel')}</Button>
          <Button variant="primary" isDisabled={name.trim() === '' || grants.length === 0} busy={make.isPending}
            onPress={() => make.mutate()}>{t('settings.make_token')}</Button>
        </>
      }
    >
      <div className="form-row">
        <TextField label={t('settings.name')} dir="auto" value={name} onChange={setName} isRequired maxLength={200} />
        <NumberField label={t('settings.days')} min={1} max={1825} value={days} onChange={setDays} />
      </div>
      <GrantsField grants={grants} onChange={setGrants} />
      {make.error && <Problem compact error={make.error} />}
    </Dialog>
  );
}
