import { lazy, Suspense } from 'react';
import { Route, Switch } from 'wouter';
import { useT } from '../i18n/context';
import { contentPages } from '../pages/content';
import { corePages } from '../pages/core';
import { ButtonLink } from '../ui/button';
import { Empty, Page, Skeleton } from '../ui/layout';
import type { PageDefinition } from './pages';
import { useCan } from './session';

export const pages: readonly PageDefinition[] = [...corePages, ...contentPages];

const loaded = pages.map((page) => ({ ...page, Content: lazy(page.load) }));

export function allowed(page: PageDefinition, can: (permission: string) => boolean): boolean {
  return !page.permissions || page.permissions.some(can);
}

export function Routes() {
  const can = useCan();
  return (
    <Suspense fallback={<div className="page"><Skeleton lines={6} /></div>}>
      <Switch>
        {loaded.map((page) => (
          <Route key={page.path} path={page.path}>
            {allowed(page, can) ? <page.Content /> : <NotAllowed />}
          </Route>
        ))}
        <Route><NotFound /></Route>
      </Switch>
    </Suspense>
  );
}

function NotAllowed() {
  const t = useT();
  return (
    <Page title={t('app.not_allowed')}>
      <Empty icon="lock" title={t('app.not_allowed_text')} />
    </Page>
  );
}

function NotFound() {
  const t = useT();
  return (
    <Page title={t('app.not_found')}>
      <Empty
        icon="search"
        title={t('app.not_found_text')}
        action={<ButtonLink href="/">{t('app.to_start')}</ButtonLink>}
      />
    </Page>
  );
}
