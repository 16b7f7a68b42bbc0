// Payments: the gateways, and what they said about one order, which can be asked again.
import { useState, type FormEvent } from 'react';
import { api } from '../../api/client';
import { useList, useThing } from '../../api/list';
import { useAction } from '../../app/action';
import { useCan } from '../../app/session';
import { useFilters } from '../../app/url';
import { useFormat, useT, useWord } from '../../i18n/context';
import { Button, ButtonLink, TextLink } from '../../ui/button';
import { useConfirm } from '../../ui/dialog';
import { Evidence } from '../../ui/evidence';
import { TextField } from '../../ui/form';
import { Empty, Facts, Loaded, Notice, Page, Section } from '../../ui/layout';
import { ListView } from '../../ui/list';
import { verdictTone } from '../../ui/payment';
import type { Column } from '../../ui/table';
import { Badge, Ident, Num, Time, UserText } from '../../ui/text';
import type { Gateway, PaymentCheck } from './model';
import { ShopTabs } from './tabs';

const NAMES = ['order'] as const;

export default function PaymentsPage() {
  const t = useT();
  const { filters, set } = useFilters(NAMES);
  const order = filters.order ?? '';
  return (
    <Page title={t('shop.tab.payments')} crumbs={[{ href: '/shop', label: t('nav.shop') }]} lead={t('payments.about')}>
      <ShopTabs now="payments" />
      <div className="stack">
        <OrderForm key={order} order={order} onOrder={(next) => set({ order: next })} />
        {order !== '' && <Checks key={`checks ${order}`} order={order} />}
        <Gateways />
      </div>
    </Page>
  );
}

function OrderForm(props: { order: string; onOrder: (order: string) => void }) {
  const t = useT();
  const [text, setText] = useState(props.order);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // A tag is what people have at hand.
    props.onOrder(text.trim().replace(/^order:/, ''));
  };
  return (
    <form className="tag-form" role="search" onSubmit={submit}>
      <TextField label={t('payments.order')} value={text} onChange={setText} dir="ltr" type="search" maxLength={128} />
      <Button type="submit" variant="primary" icon="search">{t('timeline.show')}</Button>
    </form>
  );
}

function Checks(props: { order: string }) {
  const { order } = props;
  const t = useT();
  const word = useWord();
  const list = useList<PaymentCheck>('payments', '/payments/checks', { order });
  const columns: Column<PaymentCheck>[] = [
    {
      id: 'verdict', header: t('payments.verdict'), show: 'main', width: '22%',
      cell: (one) => (
        <span className="two-lines">
          <Badge tone={verdictTone(one.verdict)}>{word('payment.verdict', one.verdict)}</Badge>
          <span className="muted small">{word('payment.cause', one.cause)}</span>
        </span>
      ),
    },
    { id: 'said', header: t('payments.said'), cell: (one) => <div className="stack-s"><Evidence attempts={one.attempts} result={one.result} times={one.times} /></div> },
    {
      id: 'when', header: t('payments.when'),
      cell: (one) => (
        <span className="two-lines">
          <Time at={one.checked_at} />
          {one.job_id !== null && <TextLink href={`/jobs/${one.job_id}`}><Ident className="small">{`#${one.job_id}`}</Ident></TextLink>}
        </span>
      ),
    },
  ];
  return (
    <Section flush title={<span className="line">{t('payments.checks')} <Ident className="muted">{order}</Ident></span>}
      actions={<span className="row-actions">
        <ButtonLink small icon="timeline" href={`/timeline?tag=${encodeURIComponent(`order:${order}`)}`}>{t('nav.timeline')}</ButtonLink>
        <CheckAgain order={order} />
      </span>}>
      <ListView caption={t('payments.checks')} list={list} columns={columns} rowKey={(one) => String(one.id)}
        empty={{ icon: 'payment', title: t('payments.empty'), text: t('payments.empty.hint') }} />
    </Section>
  );
}

function CheckAgain(props: { order: string }) {
  const { order } = props;
  const t = useT();
  const confirm = useConfirm();
  const manage = useCan()('commerce.manage');
  const check = useAction<void, { job_id: number }>({
    run: () => api.post('/payments/check', { order }),
    topics: ['payments', 'jobs'],
    done: ({ job_id }) => t('payments.check.done', { id: job_id }),
  });
  if (!manage) return null;
  const ask = async () => {
    const yes = await confirm({
      title: t('payments.check.title', { order }), body: t('payments.check.hint'), confirm: t('payments.check.go'),
    });
    if (yes) check.mutate();
  };
  return <Button small icon="retry" busy={check.isPending} onPress={() => void ask()}>{t('payments.check')}</Button>;
}

function Gateways() {
  const t = useT();
  const query = useThing<{ held: number; items: Gateway[] }>('payments', '/payments/gateways');
  return (
    <Loaded query={query}>
      {({ held, items }) => (
        <>
          {held > 0 && <Notice tone="warn">{t('payments.held', { n: held })}</Notice>}
          {items.length === 0
            ? <Section><Empty icon="payment" title={t('gateways.empty')}>{t('gateways.empty.hint')}</Empty></Section>
            : <div className="cards">{items.map((one) => <GatewayCard key={one.name} one={one} />)}</div>}
        </>
      )}
    </Loaded>
  );
}

function GatewayCard(props: { one: Gateway }) {
  const { one } = props;
  const t = useT();
  const format = useFormat();
  const confirm = useConfirm();
  const manage = useCan()('commerce.manage');
  const resume = useAction({
    run: () => api.post(`/payments/gateways/${encodeURIComponent(one.name)}/resume`, {}),
    topics: ['payments', 'jobs'],
    done: () => t('gateway.resumed', { name: one.name }),
  });
  const ask = async () => {
    const yes = await confirm({
      title: t('gateway.resume.title', { name: one.name }), body: t('gateway.resume.hint'), confirm: t('gateway.resume'),
    });
    if (yes) resume.mutate();
  };
  const paused = one.paused_at !== null;
  return (
    <Section title={<Ident>{one.name}</Ident>} actions={paused && manage && (
      <Button small icon="play" busy={resume.isPending} onPress={() => void ask()}>{t('gateway.resume')}</Button>
    )}>
      <div className="stack">
        <div className="line">
          {paused ? <Badge tone="bad" icon="pause">{t('gateway.paused')}</Badge>
            : one.rests_until ? <Badge tone="warn" icon="clock">{t('gateway.rests', { at: format.clock(one.rests_until) })}</Badge>
              : <Badge tone="good">{t('gateway.ready')}</Badge>}
          {paused && <Time at={one.paused_at} />}
        </div>
        {paused && one.paused_why && <UserText className="error-text">{one.paused_why}</UserText>}
        <Facts facts={[
          { label: t('gateway.unknown'), value: <Num value={one.unknown_attempts} /> },
          { label: t('gateway.refunds'), value: <Num value={one.open_refunds} /> },
          { label: t('gateway.swept'), value: <Time at={one.swept_at} /> },
        ]} />
      </div>
    </Section>
  );
}
