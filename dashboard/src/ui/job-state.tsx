import { useWord } from '../i18n/context';
import type { IconName } from './icon';
import { Badge, type Tone } from './text';

const LOOK: Record<string, readonly [Tone, IconName]> = {
  due: ['info', 'clock'],
  available: ['info', 'clock'],
  queued: ['info', 'clock'],
  later: ['neutral', 'calendar'],
  scheduled: ['neutral', 'calendar'],
  running: ['info', 'play'],
  parked: ['warn', 'pause'],
  blocked: ['warn', 'lock'],
  completed: ['good', 'checkCircle'],
  failed: ['bad', 'cross'],
  dead: ['bad', 'dead'],
  retry: ['warn', 'retry'],
  retrying: ['warn', 'retry'],
  cancelled: ['neutral', 'dash'],
  snoozed: ['neutral', 'clock'],
  lost: ['warn', 'warning'],
  expired: ['neutral', 'clock'],
};

export function JobState(props: { state: string }) {
  const word = useWord();
  const [tone, icon] = LOOK[props.state] ?? (['neutral', 'dot'] as const);
  return <Badge tone={tone} icon={icon}>{word('job.state', props.state)}</Badge>;
}
