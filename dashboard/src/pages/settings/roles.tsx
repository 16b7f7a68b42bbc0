import { useState } from 'react';
import { api } from '../../api/client';
import { useThing } from '../../api/list';
import type { GrantOf, Page, Role } from '../../api/types';
import { useAction } from '../../app/action';
import { useT } from '../../i18n/context';
import { Button } from '../../ui/button';
import { Dialog, useConfirm } from '../../ui/dialog';
import { TextField } from '../../ui/form';
import { Empty, Loaded, Problem, Section } from '../../ui/layout';
import { Badge, Ident, UserText } from '../../ui/text';
import { cleaned, GrantsField } from './grants-field';

export function Roles() {
  const t = useT();
  const roles = useThing<Page<Role>>('roles', '/roles');
  const [edited, setEdited] = useState<Role | 'new' | null>(null);
  return (
    <Section
      flush
      title={t('settings.roles')}
      actions={<Button small icon="plus" onPress={() => setEdited('new')}>{t('settings.new_role')}</Button>}
    >
      <Loaded query={roles}>
        {(page) => (page.items.length === 0
          ? <Empty icon="key" title={t('settings.no_roles')} />
          : (
            <ul className="rows">
              {page.items.map((role) => (
                <li key={role.name}>
                  <span className="grow two-lines">
                    <Ident>{role.name}</Ident>
                    <UserText className="muted small">{role.means}</UserText>
                  </span>
                  {role.built_in && <Badge tone="neutral" icon="lock">{t('settings.built_in')}</Badge>}
                  <span className="muted">{t('settings.permission_count', { count: role.permissions.length })}</span>
                  <span className="muted">{t('settings.account_count', { count: role.accounts })}</span>
                  {role.allowed_actions.length > 0 && (
                    <Button small icon="edit" onPress={() => setEdited(role)}>{t('ui.edit')}</Button>
                  )}
                </li>
              ))}
            </ul>
          ))}
      </Loaded>
      {edited && <RoleDialog role={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />}
    </Section>
  );
}

function RoleDialog(props: { role: Role | null; onClose: () => void }) {
  const t = useT();
  const confirm = useConfirm();
  const { role } = props;
  const [name, setName] = useState(role?.name ?? '');
  const [means, setMeans] = useState(role?.means ?? '');
  const [grants, setGrants] = useState<GrantOf[]>(role?.permissions ?? []);
  const save = useAction({
    run: () => api.put(`/roles/${encodeURIComponent(name.trim())}`, {
      permissions: cleaned(grants),
      means: means.trim(),
    }),
    topics: ['roles', 'accounts'],
    done: () => t('settings.saved', { name: name.trim() }),
    then: props.onClose,
    quietErrors: true,
  });
  const remove = useAction({
    run: () => api.delete(`/roles/${encodeURIComponent(name)}`),
    topics: ['roles', 'accounts'],
    done: () => t('settings.removed', { name }),
    then: props.onClose,
  });
  const drop = async () => {
    const yes = await confirm({
      title: t('settings.remove_title', { name }),
      body: <p>{t('settings.remove_role_text', { count: role?.accounts ?? 0 })}</p>,
      confirm: t('settings.remove'),
      danger: true,
    });
    if (yes) remove.mutate();
  };
  return (
    <Dialog
      wide
      isOpen
      title={role ? t('settings.edit_role', { name: role.name }) : t('settings.new_role')}
      onClose={props.onClose}
      footer={
        <>
          {role?.allowed_actions.includes('delete') && (
            <Button icon="trash" onPress={() => void drop()}>{t('settings.remove')}</Button>
          )}
          <Button onPress={props.onClose}>{t('ui.cancel')}</Button>
          <Button variant="primary" isDisabled={name.trim() === ''} busy={save.isPending} onPress={() => save.mutate()}>
            {t('ui.save')}
          </Button>
        </>
      }
    >
      {!role && <TextField label={t('settings.name')} dir="ltr" value={name} onChange={setName} isRequired />}
      <TextField label={t('settings.means')} dir="auto" value={means} onChange={setMeans} maxLength={200} />
      <GrantsField grants={grants} onChange={setGrants} />
      {save.error && <Problem compact error={save.error} />}
    </Dialog>
  );
}
