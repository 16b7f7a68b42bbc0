// How a state looks: an icon, a tone, and the message that names it. A state never shows by its
// colour alone. Pure.
import type { IconName } from '../../ui/icon';
import type { Tone } from '../../ui/text';
import type { Delivery, Outcomes, WhyNot } from './model';

export interface Look {
  icon: IconName;
  tone: Tone;
}

const LOOKS: Record<string, Look> = {
  accepted: { icon: 'checkCircle', tone: 'good' },
  inbox: { icon: 'inbox', tone: 'good' },
  partial: { icon: 'warning', tone: 'warn' },
  failed: { icon: 'cross', tone: 'bad' },
  unknown: { icon: 'warning', tone: 'warn' },
  suppressed: { icon: 'dash', tone: 'neutral' },
  expired: { icon: 'clock', tone: 'neutral' },
  collected: { icon: 'queues', tone: 'neutral' },
  deferred: { icon: 'moon', tone: 'info' },
  pending: { icon: 'more', tone: 'info' },
  sending: { icon: 'send', tone: 'info' },
  waiting: { icon: 'more', tone: 'info' },
  new_device: { icon: 'phone', tone: 'info' },
};

export const lookOf = (state: string): Look => LOOKS[state] ?? { icon: 'dot', tone: 'neutral' };

/** Nothing more happens to it by itself. */
export const isSettled = (state: string): boolean =>
  !['pending', 'sending', 'deferred', 'waiting'].includes(state);

/** One channel and device: its newest generation, the ones before, and why it stands as it does. */
export interface WayOut {
  key: string;
  channel: string;
  latest: Delivery | null;
  before: Delivery[];
  why: WhyNot | null;
}

const CHANNEL_ORDER = ['push', 'email', 'webhook', 'inbox'];

export function waysOut(deliveries: readonly Delivery[], whyNot: readonly WhyNot[]): WayOut[] {
  const ways = new Map<string, Delivery[]>();
  for (const delivery of deliveries) {
    const key = `${delivery.channel}:${delivery.device?.id ?? ''}`;
    const known = ways.get(key);
    if (known) known.push(delivery);
    else ways.set(key, [delivery]);
  }
  const out: WayOut[] = [];
  for (const [key, all] of ways) {
    const [latest, ...before] = [...all].sort((a, b) => b.generation - a.generation);
    if (!latest) continue;
    const why = whyNot.find((each) => each.delivery_id === latest.id) ?? null;
    out.push({ key, channel: latest.channel, latest, before, why });
  }
  for (const why of whyNot) {
    if (why.delivery_id !== null) continue;
    out.push({ key: `${why.channel}:undecided`, channel: why.channel, latest: null, before: [], why });
  }
  return out.sort(
    (a, b) =>
      CHANNEL_ORDER.indexOf(a.channel) - CHANNEL_ORDER.indexOf(b.channel) ||
      a.key.localeCompare(b.key, 'en', { numeric: true }),
  );
}

export const OUTCOME_NAMES = [
  'accepted', 'failed', 'unknown', 'deferred', 'pending', 'suppressed', 'expired', 'collected',
] as const satisfies readonly (keyof Outcomes)[];

export interface Share {
  name: keyof Outcomes;
  n: number;
  percent: number;
}

/** The outcomes that there are, with their share; a small one stays visible (at least 1 %). */
export function shares(outcomes: Partial<Outcomes>): Share[] {
  const total = OUTCOME_NAMES.reduce((sum, name) => sum + (outcomes[name] ?? 0), 0);
  if (total === 0) return [];
  return OUTCOME_NAMES.flatMap((name) => {
    const n = outcomes[name] ?? 0;
    return n > 0 ? [{ name, n, percent: Math.max(1, (100 * n) / total) }] : [];
  });
}
