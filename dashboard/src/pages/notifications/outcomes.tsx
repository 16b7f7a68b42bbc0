// States of deliveries as people see them.
import { useT, useWord } from '../../i18n/context';
import { Badge } from '../../ui/text';
import { Icon } from '../../ui/icon';
import type { Outcomes } from './model';
import { lookOf, shares } from './states';
import './notifications.css';

export function StateBadge(props: { state: string; of?: 'delivery.state' | 'notification.status' }) {
  const word = useWord();
  const look = lookOf(props.state);
  return <Badge tone={look.tone} icon={look.icon}>{word(props.of ?? 'delivery.state', props.state)}</Badge>;
}

/** "2 accepted · 1 failed", each with its icon. */
export function OutcomeCounts(props: { outcomes: Partial<Outcomes> }) {
  const t = useT();
  const all = shares(props.outcomes);
  if (all.length === 0) return <span className="muted">{t('delivery.n.none')}</span>;
  return (
    <ul className="outcomes">
      {all.map((share) => {
        const look = lookOf(share.name);
        return (
          <li key={share.name} className={`outcome tone-${look.tone}`}>
            <Icon name={look.icon} size={16} />
            <span>{t(`delivery.n.${share.name}`, { n: share.n })}</span>
          </li>
        );
      })}
    </ul>
  );
}

/** The same as a bar; the words are beside it, so it says nothing to a screen reader. */
export function OutcomeBar(props: { outcomes: Partial<Outcomes> }) {
  const all = shares(props.outcomes);
  return (
    <svg className="outcome-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
      {all.map((share, index) => {
        const before = all.slice(0, index).reduce((sum, each) => sum + each.percent, 0);
        const total = all.reduce((sum, each) => sum + each.percent, 0);
        return (
          <rect
            key={share.name}
            className={`tone-${lookOf(share.name).tone}`}
            x={(100 * before) / total}
            width={(100 * share.percent) / total}
            y="0"
            height="4"
          />
        );
      })}
    </svg>
  );
}
