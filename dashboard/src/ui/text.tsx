// Pieces of text, each with the direction and the digits that it needs.
import type { ReactNode } from 'react';
import { useState } from 'react';
import { useFormat, useT } from '../i18n/context';
import { useNow } from '../app/now';
import { IconButton } from './button';
import { Icon, type IconName } from './icon';

/** Ids, kinds, queues, tags, cron lines: always left to right, also in an Arabic sentence. */
export function Ident(props: { children: ReactNode; className?: string }) {
  return (
    <bdi dir="ltr" className={`ident ${props.className ?? ''}`}>
      {props.children}
    </bdi>
  );
}

/** What people or the shop wrote: its own first letter decides. */
export function UserText(props: { children: ReactNode; className?: string }) {
  return (
    <span dir="auto" className={`user-text ${props.className ?? ''}`}>
      {props.children}
    </span>
  );
}

/** "3 min ago", with the full time as its title. */
export function Time(props: { at: string | null | undefined; absolute?: boolean }) {
  const format = useFormat();
  const now = useNow();
  if (!props.at) return <None />;
  const full = format.dateTime(props.at, true);
  return (
    <time dateTime={props.at} title={full} className="nowrap">
      {props.absolute ? full : format.relative(props.at, now)}
    </time>
  );
}

export function Duration(props: { ms: number | null | undefined }) {
  const format = useFormat();
  if (props.ms === null || props.ms === undefined) return <None />;
  return <span className="nowrap num">{format.duration(props.ms)}</span>;
}

export function Num(props: { value: number | null | undefined }) {
  const format = useFormat();
  if (props.value === null || props.value === undefined) return <None />;
  return <span className="num">{format.number(props.value)}</span>;
}

export function CountText(props: { value: { count: number; capped: boolean } | null | undefined }) {
  const format = useFormat();
  if (!props.value) return <None />;
  return <span className="num">{format.count(props.value)}</span>;
}

/** Nothing there. */
export function None() {
  const t = useT();
  return (
    <span className="none">
      <span aria-hidden="true">–</span>
      <span className="visually-hidden">{t('ui.none')}</span>
    </span>
  );
}

export type Tone = 'neutral' | 'info' | 'good' | 'warn' | 'bad';

const TONE_ICON: Record<Tone, IconName> = {
  neutral: 'dot',
  info: 'play',
  good: 'checkCircle',
  warn: 'warning',
  bad: 'cross',
};

/** Colour never stands alone: each tone has an icon, and the word. */
export function Badge(props: { tone: Tone; icon?: IconName; children: ReactNode }) {
  return (
    <span className={`badge badge-${props.tone}`}>
      <Icon name={props.icon ?? TONE_ICON[props.tone]} size={16} />
      <span>{props.children}</span>
    </span>
  );
}

export function Tag(props: { children: ReactNode }) {
  return <span className="tag"><bdi dir="ltr">{props.children}</bdi></span>;
}

export function CopyButton(props: { text: string }) {
  const t = useT();
  const [copied, setCopied] = useState(false);
  // The clipboard exists on https and localhost only.
  if (!navigator.clipboard) return null;
  return (
    <IconButton
      small
      icon={copied ? 'check' : 'copy'}
      label={copied ? t('ui.copied') : t('ui.copy')}
      onPress={() => {
        void navigator.clipboard.writeText(props.text).then(() => {
          setCopied(true);
          setTimeout(() => setCopied(false), 1500);
        });
      }}
    />
  );
}
