// The shop's streams of events: what waits in each, since when, and what stands still.
import { useThing } from '../../api/list';
import { useT } from '../../i18n/context';
import { ButtonLink, TextLink } from '../../ui/button';
import { Empty, Facts, Loaded, Page, Section } from '../../ui/layout';
import { Badge, CountText, Ident, Num, Time, UserText } from '../../ui/text';
import { ASK_EVERY_MS, pendingOf, streamTone, type Stream } from './model';
import { ShopTabs } from './tabs';

export default function StreamsPage() {
  const t = useT();
  const query = useThing<{ items: Stream[] }>('outbox', '/outbox', { topics: ['jobs'], everyMs: () => ASK_EVERY_MS });
  return (
    <Page title={t('nav.shop')} lead={t('shop.about')}>
      <ShopTabs now="streams" />
      <Loaded query={query}>
        {({ items }) => items.length === 0
          ? <Section><Empty icon="shop" title={t('streams.empty')}>{t('streams.empty.hint')}</Empty></Section>
          : <div className="cards">{items.map((one) => <StreamCard key={one.stream} one={one} />)}</div>}
      </Loaded>
    </Page>
  );
}

function StreamCard(props: { one: Stream }) {
  const { one } = props;
  const t = useT();
  const { tone, word } = streamTone(one);
  const href = `/shop/streams/${encodeURIComponent(one.stream)}`;
  return (
    <Section title={<TextLink href={href}><Ident>{one.stream}</Ident></TextLink>}
      actions={<Badge tone={tone}>{t(`stream.state.${word}`)}</Badge>}>
      <div className="stack">
        <p className="muted small">{t(`stream.target.${one.target}`)}</p>
        {one.problem !== null && <UserText className="error-text">{one.problem}</UserText>}
        <Facts facts={[
          { label: t('stream.pending'), value: one.pending === null ? null : <CountText value={pendingOf(one.pending)} /> },
          { label: t('stream.oldest'), value: <Time at={one.oldest} /> },
          { label: t('stream.blocked'), value: <Num value={one.blocked} /> },
        ]} />
        {(one.blocked ?? 0) > 0 && (
          <div><ButtonLink small icon="warning" href={href}>{t('stream.look', { n: one.blocked ?? 0 })}</ButtonLink></div>
        )}
      </div>
    </Section>
  );
}
