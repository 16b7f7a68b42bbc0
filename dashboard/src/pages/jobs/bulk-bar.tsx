// What can be done to the chosen rows, or to everything that the filters find.
import { useState } from 'react';
import type { BulkAction, BulkFilter, JobItem } from '../../api/types';
import { useCan } from '../../app/session';
import { useT } from '../../i18n/context';
import { Button } from '../../ui/button';
import type { IconName } from '../../ui/icon';
import { BulkDialog } from './bulk-dialog';

const NEEDS: Record<BulkAction, string> = {
  retry: 'jobs.retry',
  run_now: 'jobs.retry',
  redrive: 'jobs.retry',
  cancel: 'jobs.cancel',
};

const ICONS: Record<BulkAction, IconName> = { retry: 'retry', run_now: 'play', redrive: 'undo', cancel: 'stop' };

/** Those of `actions` that at least one of the rows allows. */
export function possible(actions: readonly BulkAction[], rows: readonly JobItem[]): BulkAction[] {
  return actions.filter((action) => rows.some((row) => row.allowed_actions.includes(action)));
}

export function BulkBar(props: {
  actions: readonly BulkAction[];
  rows: readonly JobItem[];
  chosen: ReadonlySet<string>;
  filter: BulkFilter;
  onDone: () => void;
}) {
  const t = useT();
  const can = useCan();
  const [asked, setAsked] = useState<BulkAction | null>(null);
  const selected = props.rows.filter((row) => props.chosen.has(String(row.id)));
  const some = selected.length > 0;
  const actions = possible(props.actions, some ? selected : props.rows).filter((each) => can(NEEDS[each]));
  const filter: BulkFilter = some ? { ids: selected.map((row) => row.id) } : props.filter;
  if (actions.length === 0) return null;
  const filtered = Object.keys(props.filter).length > 0;
  // Without a filter nobody means all jobs there are, but for dead letters.
  if (!some && !filtered && !actions.includes('redrive')) return null;
  return (
    <div className={some ? 'bulk-bar' : 'line'} role="group" aria-label={t('bulk.group')}>
      <span className={some ? 'grow' : 'muted'} aria-live="polite">
        {some ? t('bulk.selected', { count: selected.length }) : t('bulk.all_found')}
      </span>
      {actions.map((action) => (
        <Button key={action} small icon={ICONS[action]} onPress={() => setAsked(action)}>
          {t(`bulk.action.${action}`)}
        </Button>
      ))}
      {some && <Button small variant="quiet" onPress={props.onDone}>{t('bulk.unselect')}</Button>}
      {asked && (
        <BulkDialog action={asked} filter={filter} onClose={() => setAsked(null)} />
      )}
    </div>
  );
}
