import type { ReactNode } from 'react';
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components';
import { Link as RouterLink } from 'wouter';
import { Icon, type IconName } from './icon';

export type Variant = 'primary' | 'plain' | 'quiet' | 'danger';

interface Look {
  variant?: Variant;
  icon?: IconName;
  small?: boolean;
}

export type ButtonProps = Omit<AriaButtonProps, 'className' | 'style' | 'children'> & Look & {
  children: ReactNode;
  busy?: boolean;
};

function look(props: Look, extra = ''): string {
  return `button button-${props.variant ?? 'plain'}${props.small ? ' button-small' : ''}${extra}`;
}

export function Button(props: ButtonProps) {
  const { variant = 'plain', icon, small = false, busy = false, children, isDisabled, ...rest } = props;
  return (
    <AriaButton
      {...rest}
      isDisabled={isDisabled || busy}
      className={look({ variant, small }, busy ? ' button-busy' : '')}
    >
      {icon && <Icon name={icon} size={small ? 16 : 18} />}
      <span>{children}</span>
    </AriaButton>
  );
}

/** An icon alone; `label` is its name for everyone who can't see it. */
export function IconButton(props: Omit<ButtonProps, 'children' | 'icon'> & { icon: IconName; label: string }) {
  const { icon, label, variant = 'quiet', small = false, busy = false, isDisabled, ...rest } = props;
  return (
    <AriaButton
      {...rest}
      isDisabled={isDisabled || busy}
      aria-label={label}
      className={look({ variant, small }, ' button-icon')}
    >
      <Icon name={icon} size={small ? 16 : 20} />
    </AriaButton>
  );
}

/** A link to another page of the dashboard that looks like a button. */
export function ButtonLink(props: Look & { href: string; children: ReactNode }) {
  return (
    <RouterLink href={props.href} className={look(props)}>
      {props.icon && <Icon name={props.icon} size={props.small ? 16 : 18} />}
      <span>{props.children}</span>
    </RouterLink>
  );
}

export function TextLink(props: { href: string; children: ReactNode; className?: string }) {
  return (
    <RouterLink href={props.href} className={`link ${props.className ?? ''}`}>
      {props.children}
    </RouterLink>
  );
}
