import { useWord } from '../i18n/context';
import type { IconName } from './icon';
import { Badge, type Tone } from './text';

const LOOK: Record<string, readonly [Tone, IconName]> = {
  waiting: ['neutral', 'clock'],
  running: ['info', 'play'],
  parked: ['warn', 'pause'],
  completed: ['good', 'checkCircle'],
  failed: ['bad', 'cross'],
  cancelled: ['neutral', 'dash'],
  changed: ['good', 'checkCircle'],
  skipped: ['neutral', 'skip'],
  gone: ['neutral', 'dash'],
};

/** A job's state, or an attempt's or bulk action's, which share its words. */
export function JobState(props: { state: string }) {
  const word = useWord();
  const [tone, icon] = LOOK[props.state] ?? (['neutral', 'dot'] as const);
  return <Badge tone={tone} icon={icon}>{word('job.state', props.state)}</Badge>;
}
