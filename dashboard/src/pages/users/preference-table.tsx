// Categories across channels. Changing what somebody chose is asked about first.
import { api } from '../../api/client';
import { useAction } from '../../app/action';
import { useT } from '../../i18n/context';
import { useConfirm } from '../../ui/dialog';
import { Select } from '../../ui/form';
import { Ident } from '../../ui/text';
import type { Category, User } from './model';
import { choiceAt } from './preferences';

const CHANNELS = ['*', 'push', 'inbox', 'email', 'webhook'];

export function PreferenceTable(props: { user: User; categories: readonly Category[] }) {
  const { user, categories } = props;
  const t = useT();
  const rows: (Category | null)[] = [null, ...categories];
  return (
    <div className="table-wrap">
      <table className="table preference-table">
        <caption className="visually-hidden">{t('user.preferences')}</caption>
        <thead>
          <tr>
            <th scope="col" className="cell">{t('notification.category')}</th>
            {CHANNELS.map((channel) => (
              <th key={channel} scope="col" className="cell">
                {channel === '*' ? t('user.preferences.all_channels') : t(`channel.${channel}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((category) => (
            <tr key={category?.key ?? '*'} className="row">
              <th scope="row" className="cell cell-main">
                {category ? <Ident>{category.key}</Ident> : t('user.preferences.all')}
                {category?.critical && <span className="muted small"> {t('user.preference.critical')}</span>}
              </th>
              {CHANNELS.map((channel) => (
                <td key={channel} className="cell"
                  data-label={channel === '*' ? t('user.preferences.all_channels') : t(`channel.${channel}`)}>
                  <Cell user={user} category={category} channel={channel} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell(props: { user: User; category: Category | null; channel: string }) {
  const { user, category, channel } = props;
  const t = useT();
  const confirm = useConfirm();
  const choice = choiceAt(user.preferences, category, channel);
  const may = user.allowed_actions.includes('set_preferences');
  const names = {
    category: category?.key ?? t('user.preferences.all'),
    channel: channel === '*' ? t('user.preferences.all_channels') : t(`channel.${channel}`),
  };
  const save = useAction<{ enabled: boolean | null; reason: string | undefined }, User>({
    run: ({ enabled, reason }) => api.put(`/users/${encodeURIComponent(user.user_id)}/preferences`, {
      preferences: [{ category: category?.key ?? '*', channel, enabled }], ...(reason ? { reason } : {}),
    }),
    topics: ['users'],
    done: () => t('user.preference.saved'),
  });
  const state = choice.own === null ? 'default' : choice.own ? 'on' : 'off';
  const inherited = t(`user.preference.inherited.${choice.inherited ? 'on' : 'off'}`);
  if (!may) {
    return (
      <span className={choice.own === null ? 'muted' : ''}>
        {choice.own === null ? inherited : t(`user.preference.${state}`)}
      </span>
    );
  }
  const change = async (next: string | null) => {
    if (next === null || next === state) return;
    const yes = await confirm({
      title: t('user.preference.confirm'),
      body: t('user.preference.confirm.hint', { ...names, value: t(`user.preference.${next}`) }),
      confirm: t('ui.save'),
      reason: 'optional',
    });
    if (yes) save.mutate({ enabled: next === 'default' ? null : next === 'on', reason: yes.reason });
  };
  return (
    <Select
      label={t('user.preference.set', names)}
      hideLabel
      value={state}
      isDisabled={save.isPending}
      options={[
        { id: 'default', label: inherited },
        { id: 'on', label: t('user.preference.on') },
        { id: 'off', label: t('user.preference.off') },
      ]}
      onChange={(next) => void change(next)}
    />
  );
}
