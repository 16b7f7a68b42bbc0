// One review: source beside suggestion, what would change, what the checks found, what is similar.
import { useEffect, useRef, useState } from 'react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client';
import { useThing } from '../../api/list';
import { useFormat, useT, useWord } from '../../i18n/context';
import { Button, TextLink } from '../../ui/button';
import { Switch } from '../../ui/form';
import { useConfirm } from '../../ui/dialog';
import { Loaded, Notice } from '../../ui/layout';
import { Badge, Ident, Time, UserText } from '../../ui/text';
import { useToast } from '../../ui/toast';
import type { Held } from './held';
import { LEGEND, useCommands, type Command } from './keys';
import type { Finding, Review, Similar } from './model';
import { Diff, dirOf, Words } from './text-view';
import { pieceDifference } from './words';

interface PanelProps {
  id: string;
  go: (step: 1 | -1) => void;
  hasNext: boolean;
  hasPrevious: boolean;
  close: () => void;
  accept: (held: Held) => void;
  undo: () => boolean;
  rejected: (id: number) => void;
}

const KEYS_STORE = 'barid.review_keys';

function keysWanted(): boolean {
  try {
    return localStorage.getItem(KEYS_STORE) !== 'off';
  } catch {
    return true;
  }
}

export function ReviewPanel(props: PanelProps) {
  const path = `/translations/reviews/${encodeURIComponent(props.id)}`;
  const query = useThing<Review>('translations', path);
  return <Loaded query={query}>{(review) => <Open review={review} {...props} />}</Loaded>;
}

function Open(props: PanelProps & { review: Review }) {
  const { review, go } = props;
  const t = useT();
  const toast = useToast();
  const client = useQueryClient();
  const confirm = useConfirm();
  const may = (action: string) => review.allowed_actions.includes(action);
  const [text, setText] = useState<string | null>(null);
  const [keys, setKeys] = useState(keysWanted);
  const findings = useFindings(review, text);

  const accept = () => {
    if (text === null ? !may('accept') : !may('edit') || text.trim() === '') return;
    props.accept({ id: review.id, version: review.version, text: text ?? undefined });
  };
  const reject = useMutation({
    mutationFn: (reason: string) =>
      api.post(`/translations/reviews/${review.id}/reject`, { version: review.version, reason }),
    onSuccess: () => {
      toast.show({ text: t('review.rejected') });
      props.rejected(review.id);
      void client.invalidateQueries({ queryKey: ['translations'] });
    },
    onError: (error) => {
      toast.error(error);
      void client.invalidateQueries({ queryKey: ['translations'] });
    },
  });
  const askReject = async () => {
    if (!may('reject') || reject.isPending) return;
    const yes = await confirm({
      title: t('review.reject.title'), body: t('review.reject.hint'), confirm: t('review.reject'),
      danger: true, reason: 'required',
    });
    if (yes) reject.mutate(yes.reason ?? '');
  };
  const edit = (start?: string) => {
    if (may('edit')) setText(start ?? text ?? review.suggestion ?? review.current_text ?? '');
  };
  useCommands(keys, (command: Command) => {
    switch (command) {
      case 'next': go(1); return true;
      case 'previous': go(-1); return true;
      case 'accept': accept(); return true;
      case 'edit': edit(); return true;
      case 'reject': void askReject(); return true;
      case 'undo': return props.undo();
    }
  });

  return (
    <article className="review">
      <Head review={review} close={props.close} />
      {review.outdated && review.state === 'open' && <Notice tone="warn">{t('review.outdated')}</Notice>}
      <div className="review-sides">
        <Side title={t('review.source')} lang={review.source_lang}>
          <Words text={review.source_text} lang={review.source_lang} findings={findings} side="source" />
        </Side>
        <Side title={text === null ? t('review.suggestion') : t('review.edited')} lang={review.lang}>
          {text !== null
            ? <Editor review={review} text={text} setText={setText} save={accept} leave={() => setText(null)} />
            : review.suggestion === null
              ? <p className="muted">{t('review.none.suggestion')}</p>
              : <Words text={review.suggestion} lang={review.lang} findings={findings} />}
        </Side>
      </div>
      <Current review={review} text={text} />
      <Pieces review={review} text={text} />
      <Why review={review} findings={findings} />
      <div className="review-actions">
        {(text === null ? may('accept') : may('edit')) && (
          <Button variant="primary" icon="check" onPress={accept} isDisabled={text !== null && text.trim() === ''}>
            {text === null ? t('review.accept') : t('review.accept.edited')}
          </Button>
        )}
        {may('edit') && text === null && <Button icon="edit" onPress={() => edit()}>{t('review.edit')}</Button>}
        {text !== null && <Button onPress={() => setText(null)}>{t('review.edit.stop')}</Button>}
        {may('reject') && (
          <Button icon="close" busy={reject.isPending} onPress={() => void askReject()}>{t('review.reject')}</Button>
        )}
        {review.state === 'open' && review.allowed_actions.length === 0 && (
          <span className="muted">{t('review.denied')}</span>
        )}
        <span className="review-walk">
          <Button small variant="quiet" isDisabled={!props.hasPrevious} onPress={() => go(-1)}>{t('review.previous')}</Button>
          <Button small variant="quiet" isDisabled={!props.hasNext} onPress={() => go(1)}>{t('review.skip')}</Button>
        </span>
      </div>
      <Context similar={review.similar} review={review} use={may('edit') ? edit : undefined} />
      <Keys on={keys} set={(on) => {
        setKeys(on);
        try {
          localStorage.setItem(KEYS_STORE, on ? 'on' : 'off');
        } catch {
          // A browser without storage forgets it with the page.
        }
      }} />
    </article>
  );
}

/** The server's gates on what is being written, half a second after the last letter. */
function useFindings(review: Review, text: string | null): readonly Finding[] {
  const [asked, setAsked] = useState<string | null>(null);
  useEffect(() => {
    if (text === null) {
      setAsked(null);
      return;
    }
    const timer = setTimeout(() => setAsked(text), 500);
    return () => clearTimeout(timer);
  }, [text]);
  const query = useQuery({
    queryKey: ['review-check', review.id, asked],
    queryFn: () => api.post<{ findings: Finding[] }>(`/translations/reviews/${review.id}/check`, { text: asked }),
    enabled: asked !== null && asked.trim() !== '',
    retry: false,
    gcTime: 60_000,
  });
  if (text === null) return review.findings;
  return query.data && asked === text ? query.data.findings : [];
}

function Head(props: { review: Review; close: () => void }) {
  const { review } = props;
  const t = useT();
  const word = useWord();
  const entity = `/translations/entities/${encodeURIComponent(review.entity_type)}/${encodeURIComponent(review.entity_id)}`;
  return (
    <header className="review-head">
      <span className="review-back">
        <Button small variant="quiet" icon="chevronStart" onPress={props.close}>{t('review.list')}</Button>
      </span>
      <h2><Ident>{`${review.entity_type}:${review.entity_id}`}</Ident> · <Ident>{review.field}</Ident></h2>
      <span className="muted">
        {t('lang.to', { source: t(`lang.${review.source_lang}`), target: t(`lang.${review.lang}`) })}
      </span>
      {review.state !== 'open' && (
        <Badge tone={review.state === 'approved' ? 'good' : 'neutral'}>
          {word('review.state', review.state)}
        </Badge>
      )}
      {review.resolved_by && <span className="muted"><UserText>{review.resolved_by}</UserText> <Time at={review.resolved_at} /></span>}
      <TextLink href={entity}>{t('review.entity')}</TextLink>
    </header>
  );
}

function Side(props: { title: string; lang: 'en' | 'ar'; children: React.ReactNode }) {
  const t = useT();
  return (
    <section className="review-side">
      <h3>{props.title} <span className="muted small">{t(`lang.${props.lang}`)}</span></h3>
      {props.children}
    </section>
  );
}

function Editor(props: {
  review: Review;
  text: string;
  setText: (text: string) => void;
  save: () => void;
  leave: () => void;
}) {
  const t = useT();
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    area.current?.focus();
  }, []);
  return (
    <textarea
      ref={area}
      className="input words-edit"
      aria-label={t('review.edited')}
      lang={props.review.lang}
      dir={dirOf(props.review.lang)}
      rows={Math.min(14, Math.max(3, Math.ceil(props.text.length / 45)))}
      value={props.text}
      onChange={(event) => props.setText(event.target.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          props.save();
        } else if (event.key === 'Escape') {
          event.preventDefault();
          props.leave();
        }
      }}
    />
  );
}

function Current(props: { review: Review; text: string | null }) {
  const { review } = props;
  const t = useT();
  const word = useWord();
  const next = props.text ?? review.suggestion;
  if (review.current_text === null) return <p className="muted review-current">{t('review.none.current')}</p>;
  const same = next === null || next === review.current_text;
  return (
    <section className="review-current">
      <h3>
        {same ? t('review.current') : t('review.changes')}{' '}
        {review.current_origin && <span className="muted small">{word('review.origin', review.current_origin)}</span>}
      </h3>
      {same
        ? <Words text={review.current_text} lang={review.lang} />
        : <Diff before={review.current_text} after={next} lang={review.lang} />}
    </section>
  );
}

function Pieces(props: { review: Review; text: string | null }) {
  const t = useT();
  const text = props.text ?? props.review.suggestion;
  if (text === null) return null;
  const { missing, extra } = pieceDifference(props.review.source_text, text);
  if (missing.length + extra.length === 0) return null;
  const chips = (pieces: string[]) => pieces.map((piece) => <bdi key={piece} className="chip" dir="ltr">{piece}</bdi>);
  return (
    <p className="pieces" role="status">
      {missing.length > 0 && <span>{t('review.pieces.missing')} {chips(missing)}</span>}
      {extra.length > 0 && <span>{t('review.pieces.extra')} {chips(extra)}</span>}
    </p>
  );
}

function Why(props: { review: Review; findings: readonly Finding[] }) {
  const { review } = props;
  const t = useT();
  const word = useWord();
  const others = props.findings.filter((finding) => finding.reason !== review.reason || finding.detail !== review.detail);
  return (
    <section className="review-why">
      <h3>{t('review.why')}</h3>
      <p>
        <Badge tone="warn">{word('gate.name', review.reason)}</Badge> {word('gate', review.reason)}
      </p>
      {review.detail && <p className="muted small"><UserText>{review.detail}</UserText></p>}
      {others.length > 0 && (
        <>
          <h3>{t('review.findings')}</h3>
          <ul className="plain-list">
            {others.map((finding, index) => (
              <li key={index}>
                <Badge tone="warn">{word('gate.name', finding.reason)}</Badge>{' '}
                <span className="muted small"><UserText>{finding.detail}</UserText></span>
              </li>
            ))}
          </ul>
        </>
      )}
      {review.write_error && <Notice tone="bad"><UserText>{review.write_error}</UserText></Notice>}
    </section>
  );
}

function Context(props: { similar: readonly Similar[]; review: Review; use: ((text: string) => void) | undefined }) {
  const { review } = props;
  const t = useT();
  const format = useFormat();
  return (
    <details className="review-context" open={review.suggestion === null}>
      <summary>{t('review.context')}</summary>
      {props.similar.length === 0 && <p className="muted">{t('review.context.none')}</p>}
      <ul className="plain-list">
        {props.similar.map((each, index) => (
          <li key={index} className="similar">
            <Words text={each.source_text} lang={review.source_lang} />
            <Words text={each.text} lang={review.lang} />
            <span className="muted small">
              {t('review.similarity', { percent: format.percent(each.similarity) })} · <Ident>{each.provider}</Ident>
            </span>
            {props.use && <Button small onPress={() => props.use?.(each.text)}>{t('review.context.use')}</Button>}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Keys(props: { on: boolean; set: (on: boolean) => void }) {
  const t = useT();
  return (
    <details className="review-keys">
      <summary>{t('review.keys')}</summary>
      <Switch isSelected={props.on} onChange={props.set}>{t('review.keys.on')}</Switch>
      <dl>
        {LEGEND.map((line) => (
          <div key={line.keys}>
            <dt><bdi dir="ltr">{line.keys.split(' ').map((key) => <kbd key={key}>{key}</kbd>)}</bdi></dt>
            <dd>{t(`review.keys.${line.command}`)}</dd>
          </div>
        ))}
        <div><dt><bdi dir="ltr"><kbd>Ctrl</kbd><kbd>Enter</kbd></bdi></dt><dd>{t('review.keys.save')}</dd></div>
        <div><dt><bdi dir="ltr"><kbd>Esc</kbd></bdi></dt><dd>{t('review.keys.leave')}</dd></div>
      </dl>
    </details>
  );
}
