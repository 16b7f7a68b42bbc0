import { useState } from 'react';
import { api } from '../../api/client';
import { useList, useThing } from '../../api/list';
import type { Account, Page, Role } from '../../api/types';
import { useAction } from '../../app/action';
import { useT, type Translate } from '../../i18n/context';
import { Button } from '../../ui/button';
import { Dialog, useConfirm } from '../../ui/dialog';
import { Checkbox, Switch, TextField } from '../../ui/form';
import { Problem, Section } from '../../ui/layout';
import { ListView } from '../../ui/list';
import type { Column } from '../../ui/table';
import { Badge, Ident, Tag, Time, UserText } from '../../ui/text';
import { MIN_PASSWORD } from './password-form';

const columns = (t: Translate, edit: (account: Account) => void): Column<Account>[] => [
  {
    id: 'name',
    header: t('settings.name'),
    show: 'main',
    cell: (each) => <span className="two-lines"><UserText>{each.name}</UserText><Ident className="muted small">{each.login}</Ident></span>,
  },
  {
    id: 'state',
    header: t('jobs.state'),
    cell: (each) => (each.disabled
      ? <Badge tone="neutral" icon="lock">{t('settings.disabled')}</Badge>
      : <Badge tone="good">{t('settings.enabled')}</Badge>),
  },
  { id: 'roles', header: t('settings.roles'), cell: (each) => each.roles.map((role) => <Tag key={role}>{role}</Tag>) },
  { id: 'seen', header: t('settings.signed_in'), show: 'wide', cell: (each) => <Time at={each.signed_in_at} /> },
  {
    id: 'actions',
    header: t('settings.actions'),
    cell: (each) => <Button small icon="edit" onPress={() => edit(each)}>{t('ui.edit')}</Button>,
  },
];

export function Accounts() {
  const t = useT();
  const list = useList<Account>('accounts', '/accounts', {});
  const [edited, setEdited] = useState<Account | 'new' | null>(null);
  return (
    <Section
      flush
      title={t('settings.accounts')}
      actions={<Button small icon="plus" onPress={() => setEdited('new')}>{t('settings.new_account')}</Button>}
    >
      <ListView caption={t('settings.accounts')} list={list} columns={columns(t, setEdited)}
        rowKey={(account) => String(account.id)}
        empty={{ icon: 'users', title: t('settings.no_accounts'), text: t('settings.no_accounts_text') }} />
      {edited && <AccountDialog account={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />}
    </Section>
  );
}

function AccountDialog(props: { account: Account | null; onClose: () => void }) {
  const t = useT();
  const confirm = useConfirm();
  const { account } = props;
  const roles = useThing<Page<Role>>('roles', '/roles');
  const [login, setLogin] = useState(account?.login ?? '');
  const [name, setName] = useState(account?.name ?? '');
  const [chosen, setChosen] = useState<string[]>(account?.roles ?? []);
  const [disabled, setDisabled] = useState(account?.disabled ?? false);
  const [password, setPassword] = useState('');
  const save = useAction({
    run: () => {
      const body = {
        name: name.trim(),
        roles: chosen,
        ...(account ? { disabled } : { login: login.trim() }),
        // Whoever sets it knows it: the account's owner chooses another.
        ...(password === '' ? {} : { password, must_change_password: true }),
      };
      return account ? api.patch(`/accounts/${account.id}`, body) : api.post('/accounts', body);
    },
    topics: ['accounts'],
    done: () => t('settings.saved', { name: name.trim() || login.trim() }),
    then: props.onClose,
    quietErrors: true,
  });
  const remove = useAction<string | undefined>({
    run: (reason) => api.delete(`/accounts/${account?.id ?? ''}`, { reason }),
    topics: ['accounts'],
    done: () => t('settings.removed', { name: account?.login ?? '' }),
    then: props.onClose,
  });
  const drop = async () => {
    const yes = await confirm({
      title: t('settings.remove_title', { name: account?.login ?? '' }),
      body: <p>{t('settings.remove_text')}</p>,
      confirm: t('settings.remove'),
      danger: true,
      reason: 'required',
    });
    if (yes) remove.mutate(yes.reason);
  };
  const short = password !== '' && password.length < MIN_PASSWORD;
  return (
    <Dialog
      isOpen
      title={account ? t('settings.edit_account', { name: account.login }) : t('settings.new_account')}
      onClose={props.onClose}
      footer={
        <>
          {account?.allowed_actions.includes('delete') && (
            <Button icon="trash" onPress={() => void drop()}>{t('settings.remove')}</Button>
          )}
          <Button onPress={props.onClose}>{t('ui.cancel')}</Button>
          <Button variant="primary" isDisabled={login.trim() === '' || short || (!account && password === '')}
            busy={save.isPending} onPress={() => save.mutate()}>{t('ui.save')}</Button>
        </>
      }
    >
      {!account && <TextField label={t('sign_in.login')} dir="ltr" value={login} onChange={setLogin} isRequired autoComplete="off" />}
      <TextField label={t('settings.name')} dir="auto" value={name} onChange={setName} />
      <fieldset className="plain">
        <legend className="field-label">{t('settings.roles')}</legend>
        {(roles.data?.items ?? []).map((role) => (
          <div key={role.name}>
            <Checkbox isSelected={chosen.includes(role.name)}
              onChange={(on) => setChosen(on ? [...chosen, role.name] : chosen.filter((each) => each !== role.name))}>
              <span className="two-lines"><Ident>{role.name}</Ident><UserText className="muted small">{role.means}</UserText></span>
            </Checkbox>
          </div>
        ))}
      </fieldset>
      <TextField label={account ? t('settings.new_password_optional') : t('settings.new_password')} type="password"
        dir="ltr" autoComplete="new-password" value={password} onChange={setPassword} isRequired={!account}
        help={t('settings.password_help', { count: MIN_PASSWORD })}
        error={short ? t('settings.password_help', { count: MIN_PASSWORD }) : undefined} />
      {account && <Switch isSelected={!disabled} onChange={(on) => setDisabled(!on)}>{t('settings.may_sign_in')}</Switch>}
      {save.error && <Problem compact error={save.error} />}
    </Dialog>
  );
}
