// Read models of the shop's: which version is read, how a rebuild does, and the way back.
import { api } from '../../api/client';
import { useThing } from '../../api/list';
import { useAction } from '../../app/action';
import { useCan } from '../../app/session';
import { useFormat, useT, useWord } from '../../i18n/context';
import { Button, TextLink } from '../../ui/button';
import { useConfirm } from '../../ui/dialog';
import { Empty, Facts, Loaded, Notice, Page, Progress, Section } from '../../ui/layout';
import { Badge, Ident, Time, UserText } from '../../ui/text';
import { isRebuilding, verified, type Projection } from './model';
import { ShopTabs } from './tabs';

export default function ProjectionsPage() {
  const t = useT();
  const query = useThing<{ items: Projection[] }>('projections', '/projections', {
    params: { limit: 200 },
  });
  return (
    <Page title={t('shop.tab.projections')} crumbs={[{ href: '/shop', label: t('nav.shop') }]} lead={t('projections.about')}>
      <ShopTabs now="projections" />
      <Loaded query={query}>
        {({ items }) => items.length === 0
          ? <Section><Empty icon="shop" title={t('projections.empty')}>{t('projections.empty.hint')}</Empty></Section>
          : <div className="stack">{items.map((one) => <ProjectionCard key={one.name} one={one} />)}</div>}
      </Loaded>
    </Page>
  );
}

function ProjectionCard(props: { one: Projection }) {
  const { one } = props;
  const t = useT();
  const word = useWord();
  const format = useFormat();
  return (
    <Section title={<span className="line"><Ident>{one.name}</Ident>
      <Badge tone={isRebuilding(one) ? 'info' : one.problem || one.error ? 'warn' : 'good'}>{word('projection.state', one.state === 'idle' && one.error ? 'failed' : one.state)}</Badge></span>}
      actions={<Actions one={one} />}>
      <div className="stack">
        {isRebuilding(one) && <Rebuild one={one} />}
        {one.error && <Notice tone="bad">{t('projection.failed')} <UserText>{one.error}</UserText></Notice>}
        {one.problem && <Notice tone="warn"><UserText>{one.problem}</UserText></Notice>}
        <Facts facts={[
          { label: t('projection.active'), value: t('projection.version', { n: one.active_version }) },
          one.building_version !== null && { label: t('projection.building'), value: t('projection.version', { n: one.building_version }) },
          one.kept_version !== null && {
            label: t('projection.kept'),
            value: <>{t('projection.version', { n: one.kept_version })} {one.kept_until && <span className="muted small">{t('projection.until', { at: format.dateTime(one.kept_until) })}</span>}</>,
          },
          { label: t('projection.verified'), value: verified(one) && <Verified one={one} /> },
          { label: t('projection.finished'), value: <Time at={one.finished_at} /> },
          one.job_id !== null && { label: t('projection.job'), value: <TextLink href={`/jobs/${one.job_id}`}><Ident>{`#${one.job_id}`}</Ident></TextLink> },
        ]} />
        {one.history.length > 0 && <History one={one} />}
      </div>
    </Section>
  );
}

function Rebuild(props: { one: Projection }) {
  const { one } = props;
  const t = useT();
  return (
    <div className="progress-cell">
      <Progress value={one.rows_done} max={Math.max(one.rows_expected, 1)} label={t('projection.progress')} />
      <span className="muted small">
        {t('projection.rows', { done: one.rows_done, expected: one.rows_expected })}
        {one.started_at && <> · {t('projection.started')} <Time at={one.started_at} /></>}
      </span>
    </div>
  );
}

function Verified(props: { one: Projection }) {
  const t = useT();
  const format = useFormat();
  const found = verified(props.one);
  if (!found) return null;
  const numbers = { live: format.number(found.live), fresh: format.number(found.fresh) };
  return (
    <span className="two-lines">
      <Badge tone={found.asMany ? 'good' : 'warn'}>{t(found.asMany ? 'projection.as_many' : 'projection.fewer_or_more')}</Badge>
      <span className="small">{found.asMany ? t('projection.compared', numbers) : t('projection.counted', numbers)}</span>
    </span>
  );
}

function History(props: { one: Projection }) {
  const t = useT();
  const word = useWord();
  return (
    <details>
      <summary>{t('projection.history')}</summary>
      <ol className="stack-s small">
        {props.one.history.map((line, index) => (
          <li key={index}>
            <span className="line">
              <Time at={line.at} />
              <b>{word('projection.action', line.action)}</b>
              {line.version !== null && <span>{t('projection.version', { n: line.version })}</span>}
              {line.actor && <Ident className="muted">{line.actor}</Ident>}
              {line.reason && <UserText className="muted">{line.reason}</UserText>}
            </span>
            {line.error && <UserText className="error-text">{line.error}</UserText>}
          </li>
        ))}
      </ol>
    </details>
  );
}

const ACTIONS = [
  { what: 'rebuild', icon: 'retry', danger: false },
  { what: 'rollback', icon: 'undo', danger: true },
  { what: 'cancel', icon: 'stop', danger: true },
] as const;

function Actions(props: { one: Projection }) {
  const { one } = props;
  const t = useT();
  const confirm = useConfirm();
  const manage = useCan()('commerce.manage');
  const act = useAction<{ what: string; reason: string | undefined }>({
    run: ({ what, reason }) => api.post(`/projections/${encodeURIComponent(one.name)}/${what}`, { reason }),
    topics: ['projections', 'jobs'],
    done: (_, { what }) => t(`projection.${what}.done`, { name: one.name }),
  });
  if (!manage) return null;
  const ask = async (what: string, danger: boolean) => {
    const yes = await confirm({
      title: t(`projection.${what}.title`, { name: one.name }), confirm: t(`projection.${what}`), danger, reason: 'required',
      body: t(`projection.${what}.hint`, { active: one.active_version, kept: one.kept_version ?? 0 }),
    });
    if (yes) act.mutate({ what, reason: yes.reason });
  };
  return (
    <span className="row-actions">
      {ACTIONS.filter(({ what }) => one.allowed_actions.includes(what)).map(({ what, icon, danger }) => (
        <Button key={what} small icon={icon} busy={act.isPending} onPress={() => void ask(what, danger)}>{t(`projection.${what}`)}</Button>
      ))}
    </span>
  );
}
