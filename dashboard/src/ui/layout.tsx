// The parts of a page: its head, sections, facts, and what is shown when there is nothing to show.
import { useEffect, useRef, type ReactNode } from 'react';
import { ApiError } from '../api/problem';
import { useHasMessage, useT } from '../i18n/context';
import { Button, TextLink } from './button';
import { Icon, type IconName } from './icon';
import { CopyButton, Ident, None, UserText } from './text';

export interface Crumb {
  href: string;
  label: string;
}

let moved = false;

/** From now on a page takes the focus when it opens; the first one leaves it to the skip link. */
export function headingsTakeFocus(): void {
  moved = true;
}

/** Moves the focus to the heading when the page opens, so that a screen reader starts there. */
export function Page(props: {
  title: string;
  heading?: ReactNode;
  crumbs?: readonly Crumb[];
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  const t = useT();
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = t('app.page_title', { page: props.title });
  }, [props.title, t]);
  useEffect(() => {
    if (moved && (document.activeElement === document.body || document.activeElement === null)) {
      head.current?.focus({ preventScroll: true });
    }
  }, []);
  return (
    <div className="page">
      <header className="page-head">
        <div className="page-titles">
          {props.crumbs && props.crumbs.length > 0 && (
            <nav aria-label={t('ui.breadcrumbs')} className="crumbs">
              {props.crumbs.map((crumb) => (
                <span key={crumb.href}>
                  <TextLink href={crumb.href}>{crumb.label}</TextLink>
                  <Icon name="chevronEnd" size={14} />
                </span>
              ))}
            </nav>
          )}
          <h1 ref={head} tabIndex={-1}>{props.heading ?? props.title}</h1>
          {props.lead && <div className="page-lead">{props.lead}</div>}
        </div>
        {props.actions && <div className="page-actions">{props.actions}</div>}
      </header>
      {props.children}
    </div>
  );
}

export function Section(props: {
  title?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  flush?: boolean;
  className?: string;
}) {
  return (
    <section className={`section ${props.flush ? 'section-flush' : ''} ${props.className ?? ''}`}>
      {(props.title || props.actions) && (
        <header className="section-head">
          {props.title && <h2>{props.title}</h2>}
          {props.actions && <div className="section-actions">{props.actions}</div>}
        </header>
      )}
      <div className="section-body">{props.children}</div>
    </section>
  );
}

export interface Fact {
  label: string;
  value: ReactNode;
  wide?: boolean;
}

export function Facts(props: { facts: readonly (Fact | null | false | undefined)[] }) {
  return (
    <dl className="facts">
      {props.facts.map((fact) => fact && (
        <div key={fact.label} className={fact.wide ? 'fact fact-wide' : 'fact'}>
          <dt>{fact.label}</dt>
          <dd>{fact.value === null || fact.value === undefined || fact.value === '' ? <None /> : fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Empty(props: { icon?: IconName; title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="empty">
      <Icon name={props.icon ?? 'inbox'} size={32} />
      <p className="empty-title">{props.title}</p>
      {props.children && <p className="empty-text">{props.children}</p>}
      {props.action}
    </div>
  );
}

/** The message for an error: by the problem's code, else what the server said. */
export function useErrorText(): (error: unknown) => string {
  const t = useT();
  const has = useHasMessage();
  return (error) => {
    if (!(error instanceof ApiError)) return t('problem.unexpected');
    const id = `problem.${error.code}`;
    return has(id) ? t(id, { seconds: error.retryAfterSeconds ?? 0 }) : error.detail || t('problem.unexpected');
  };
}

/** What went wrong, the server's own words and the id under which its log has the rest. */
export function Problem(props: { error: unknown; retry?: () => void; compact?: boolean }) {
  const t = useT();
  const text = useErrorText()(props.error);
  const api = props.error instanceof ApiError ? props.error : null;
  return (
    <div className={props.compact ? 'problem problem-compact' : 'problem'} role="alert">
      <Icon name="warning" size={props.compact ? 18 : 24} />
      <div className="problem-text">
        <p className="problem-title">{text}</p>
        {api && api.detail !== '' && api.detail !== text && <p><UserText>{api.detail}</UserText></p>}
        {api && api.errors.length > 0 && (
          <ul>
            {api.errors.map((each, index) => (
              <li key={index}><Ident>{each.at}</Ident> <UserText>{each.problem}</UserText></li>
            ))}
          </ul>
        )}
        {api?.requestId && (
          <p className="problem-id">
            {t('ui.request_id')} <Ident>{api.requestId}</Ident> <CopyButton text={api.requestId} />
          </p>
        )}
      </div>
      {props.retry && <Button small icon="retry" onPress={props.retry}>{t('ui.try_again')}</Button>}
    </div>
  );
}

/** Grey bars in the shape of what comes. */
export function Skeleton(props: { lines?: number; block?: boolean }) {
  const t = useT();
  return (
    <div className="skeleton" role="status">
      <span className="visually-hidden">{t('ui.loading')}</span>
      {props.block
        ? <div className="skeleton-block" />
        : Array.from({ length: props.lines ?? 4 }, (_, line) => <div key={line} className="skeleton-line" />)}
    </div>
  );
}

/** Loading, failed or there: the three states of anything that is fetched. */
export function Loaded<T>(props: {
  query: { data: T | undefined; error: Error | null; refetch: () => unknown };
  children: (data: T) => ReactNode;
  skeleton?: ReactNode;
}) {
  const { query } = props;
  if (query.data !== undefined) return <>{props.children(query.data)}</>;
  if (query.error) return <Problem error={query.error} retry={() => void query.refetch()} />;
  return <>{props.skeleton ?? <Skeleton />}</>;
}

export function Notice(props: { tone?: 'info' | 'warn' | 'bad' | 'good'; children: ReactNode; action?: ReactNode }) {
  const tone = props.tone ?? 'info';
  const icon: IconName = tone === 'info' ? 'info' : tone === 'good' ? 'checkCircle' : 'warning';
  return (
    <div className={`notice notice-${tone}`}>
      <Icon name={icon} size={18} />
      <div className="notice-text">{props.children}</div>
      {props.action}
    </div>
  );
}

export function Progress(props: { value: number; label: string; max?: number }) {
  const max = props.max ?? 1;
  const share = max > 0 ? Math.min(1, Math.max(0, props.value / max)) : 0;
  return (
    <progress className="progress" value={share} max={1} aria-label={props.label} />
  );
}
