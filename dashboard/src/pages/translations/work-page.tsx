// What translates: whole tables under way, services and their rests, and what they cost.
import { useParams } from 'wouter';
import { api } from '../../api/client';
import { useList, useThing } from '../../api/list';
import { useAction } from '../../app/action';
import { useFormat, useT, useWord } from '../../i18n/context';
import { Button, TextLink } from '../../ui/button';
import { useConfirm } from '../../ui/dialog';
import { Empty, Loaded, Notice, Page, Progress, Section } from '../../ui/layout';
import { ListView } from '../../ui/list';
import type { Column } from '../../ui/table';
import { Badge, Ident, Num, Time, UserText } from '../../ui/text';
import type { Backfill, Cost, Provider } from './model';
import { WorkTabs, type Tab } from './work-tabs';
import './translations.css';

export default function WorkPage() {
  const { tab = 'backfills' } = useParams<{ tab: string }>();
  const t = useT();
  const now: Tab = tab === 'providers' || tab === 'cost' ? tab : 'backfills';
  return (
    <Page title={t(`translations.tab.${now}`)} crumbs={[{ href: '/translations', label: t('translations.title') }]}>
      <WorkTabs now={now} />
      {now === 'backfills' && <Backfills />}
      {now === 'providers' && <Providers />}
      {now === 'cost' && <Costs />}
    </Page>
  );
}

const BACKFILL_TONE: Record<string, 'info' | 'good' | 'bad' | 'neutral' | 'warn'> = {
  running: 'info', paused: 'warn', cancelled: 'neutral', done: 'good', failed: 'bad',
};

function Backfills() {
  const t = useT();
  const word = useWord();
  const list = useList<Backfill>('translations', '/translations/backfills', {});
  const columns: Column<Backfill>[] = [
    {
      id: 'table', header: t('review.filter.type'), show: 'main',
      cell: (one) => <span className="two-lines"><Ident>{one.entity_type}</Ident><Ident className="muted small">{`#${one.id}`}</Ident></span>,
    },
    {
      id: 'state', header: t('review.filter.state'),
      cell: (one) => (
        <span className="two-lines">
          <Badge tone={BACKFILL_TONE[one.state] ?? 'neutral'}>{word('backfill.state', one.state)}</Badge>
          {one.error && <span className="muted small"><UserText>{one.error}</UserText></span>}
        </span>
      ),
    },
    { id: 'progress', header: t('broadcast.progress'), width: '40%', cell: (one) => <BackfillProgress one={one} /> },
    { id: 'actions', header: t('content.actions'), cell: (one) => <BackfillActions one={one} /> },
  ];
  return (
    <Section flush>
      <ListView caption={t('translations.tab.backfills')} list={list} columns={columns} rowKey={(one) => String(one.id)}
        empty={{ icon: 'translations', title: t('backfill.empty'), text: t('backfill.empty.hint') }} />
    </Section>
  );
}

function BackfillProgress(props: { one: Backfill }) {
  const { one } = props;
  const t = useT();
  const format = useFormat();
  const total = one.total ?? 0;
  return (
    <div className="progress-cell">
      <Progress value={one.seen} max={Math.max(total, 1)} label={t('broadcast.progress')} />
      <span className="muted small">
        {t('backfill.rows', { seen: one.seen, total })}
        {one.state === 'running' && <> · {t('backfill.in_flight', { n: one.in_flight })}</>}
        {one.estimated_end && one.state === 'running' && <> · {t('backfill.end', { at: format.dateTime(one.estimated_end) })}</>}
        {one.finished_at && <> · <Time at={one.finished_at} /></>}
      </span>
    </div>
  );
}

function BackfillActions(props: { one: Backfill }) {
  const { one } = props;
  const t = useT();
  const confirm = useConfirm();
  const act = useAction<string, Backfill>({
    run: (action) => api.post(`/translations/backfills/${one.id}/${action}`, {}),
    topics: ['translations'],
  });
  const cancel = async () => {
    const yes = await confirm({
      title: t('backfill.cancel.title', { table: one.entity_type }), body: t('backfill.cancel.hint'),
      confirm: t('backfill.cancel'), danger: true,
    });
    if (yes) act.mutate('cancel');
  };
  return (
    <span className="row-actions">
      {one.allowed_actions.includes('pause') && <Button small icon="pause" busy={act.isPending} onPress={() => act.mutate('pause')}>{t('backfill.pause')}</Button>}
      {one.allowed_actions.includes('resume') && <Button small icon="play" busy={act.isPending} onPress={() => act.mutate('resume')}>{t('backfill.resume')}</Button>}
      {one.allowed_actions.includes('cancel') && <Button small icon="stop" busy={act.isPending} onPress={() => void cancel()}>{t('backfill.cancel')}</Button>}
      {one.job_id !== null && <TextLink href={`/jobs/${one.job_id}`}><Ident>{one.job_id}</Ident></TextLink>}
    </span>
  );
}

function Providers() {
  const t = useT();
  const query = useThing<{ items: Provider[] }>('translations', '/translations/providers');
  return (
    <Loaded query={query}>
      {({ items }) => items.length === 0
        ? <Empty icon="translations" title={t('provider.empty')}>{t('provider.empty.hint')}</Empty>
        : <div className="cards">{items.map((one) => <ProviderCard key={one.name} one={one} />)}</div>}
    </Loaded>
  );
}

function ProviderCard(props: { one: Provider }) {
  const { one } = props;
  const t = useT();
  const word = useWord();
  const format = useFormat();
  const confirm = useConfirm();
  const resume = useAction<void, Provider>({
    run: () => api.post(`/translations/providers/${encodeURIComponent(one.name)}/resume`, {}),
    topics: ['translations'],
    done: () => t('provider.resumed', { name: one.name }),
  });
  const ask = async () => {
    const yes = await confirm({
      title: t('provider.resume.title', { name: one.name }), body: t('provider.resume.hint'), confirm: t('provider.resume'),
    });
    if (yes) resume.mutate();
  };
  const rests = one.paused && one.paused_until !== null;
  return (
    <Section
      title={<Ident>{one.name}</Ident>}
      actions={one.allowed_actions.includes('resume') && (
        <Button small icon="play" busy={resume.isPending} onPress={() => void ask()}>{t('provider.resume')}</Button>
      )}
    >
      <div className="stack">
        {rests
          ? <Badge tone="warn" icon="pause">{t('provider.state.paused', { until: format.dateTime(one.paused_until ?? '') })}</Badge>
          : <Badge tone="good">{t('provider.state.ready')}</Badge>}
        {rests && one.pause_kind && <p>{word('pause', one.pause_kind)}</p>}
        {rests && one.pause_reason && <p className="muted small"><UserText>{one.pause_reason}</UserText></p>}
        <p>
          {t('provider.today', { n: one.characters_today })}{' '}
          {one.daily_characters !== null && <span className="muted">{t('provider.budget', { n: one.daily_characters })}</span>}
        </p>
        {one.daily_characters !== null && (
          <Progress value={one.characters_today} max={one.daily_characters} label={t('provider.today', { n: one.characters_today })} />
        )}
      </div>
    </Section>
  );
}

function Costs() {
  const t = useT();
  const format = useFormat();
  const query = useThing<Cost>('translations', '/translations/cost');
  const money = (value: number) => <span className="num">{format.number(value, 2)}</span>;
  return (
    <Loaded query={query}>
      {(cost) => cost.items.length === 0
        ? <Empty icon="translations" title={t('cost.empty')}>{t('cost.empty.hint')}</Empty>
        : (
          <div className="stack">
            <Section title={t('cost.days', { n: cost.days })} flush>
              <div className="table-wrap">
                <table className="table">
                  <thead>
                    <tr>
                      <th scope="col" className="cell">{t('cost.provider')}</th>
                      <th scope="col" className="cell cell-numeric">{t('cost.characters')}</th>
                      <th scope="col" className="cell cell-numeric">{t('cost.requests')}</th>
                      <th scope="col" className="cell cell-numeric">{t('cost.errors')}</th>
                      <th scope="col" className="cell cell-numeric">{t('cost.cost')}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {cost.providers.map((one) => (
                      <tr key={one.provider} className="row">
                        <td className="cell cell-main" data-label={t('cost.provider')}><Ident>{one.provider}</Ident></td>
                        <td className="cell cell-numeric" data-label={t('cost.characters')}><Num value={one.characters} /></td>
                        <td className="cell cell-numeric" data-label={t('cost.requests')}><Num value={one.requests} /></td>
                        <td className="cell cell-numeric" data-label={t('cost.errors')}><Num value={one.errors} /></td>
                        <td className="cell cell-numeric" data-label={t('cost.cost')}>{money(one.cost)}</td>
                      </tr>
                    ))}
                    <tr className="row">
                      <th scope="row" className="cell cell-main">{t('cost.total')}</th>
                      <td className="cell cell-numeric" data-label={t('cost.characters')}><Num value={cost.total.characters} /></td>
                      <td className="cell cell-numeric" data-label={t('cost.requests')}><Num value={cost.total.requests} /></td>
                      <td className="cell cell-numeric" />
                      <td className="cell cell-numeric" data-label={t('cost.cost')}>{money(cost.total.cost)}</td>
                    </tr>
                  </tbody>
                </table>
              </div>
            </Section>
            <Notice>{t('cost.note')}</Notice>
          </div>
        )}
    </Loaded>
  );
}
