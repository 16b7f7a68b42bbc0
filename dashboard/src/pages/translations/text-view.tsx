// Texts of either language as a reviewer reads them: placeholders as chips, what a gate points at
// marked, and two versions as one text with what went and what came.
import { useMemo } from 'react';
import { useT } from '../../i18n/context';
import type { Finding, Lang } from './model';
import { markedTokens, wordDiff, type Token } from './words';

export const dirOf = (lang: Lang): 'ltr' | 'rtl' => (lang === 'ar' ? 'rtl' : 'ltr');

/** A placeholder keeps its own direction and moves nothing around it. */
function Chip(props: { text: string }) {
  return <bdi className="chip" dir="ltr">{props.text}</bdi>;
}

function Piece(props: { token: Token }) {
  return props.token.protectedPiece ? <Chip text={props.token.text} /> : <>{props.token.text}</>;
}

export function Words(props: { text: string; lang: Lang; findings?: readonly Finding[]; side?: 'source' | 'text' }) {
  const { text, lang, findings = [], side = 'text' } = props;
  const marked = useMemo(
    () => markedTokens(text, findings.filter((finding) => finding.side === side)),
    [text, findings, side],
  );
  return (
    <p className="words" lang={lang} dir={dirOf(lang)}>
      {marked.map((token, index) => token.marked
        ? <mark key={index}><Piece token={token} /></mark>
        : <Piece key={index} token={token} />)}
    </p>
  );
}

/** What would change. Removed and added words say so to a screen reader, too. */
export function Diff(props: { before: string; after: string; lang: Lang }) {
  const t = useT();
  const { before, after, lang } = props;
  const pieces = useMemo(() => wordDiff(before, after), [before, after]);
  return (
    <p className="words" lang={lang} dir={dirOf(lang)}>
      {pieces.map((piece, index) => {
        const words = piece.tokens.map((token, at) => <Piece key={at} token={token} />);
        if (piece.kind === 'removed') {
          return <del key={index} aria-label={t('review.diff.removed')}>{words}</del>;
        }
        if (piece.kind === 'added') {
          return <ins key={index} aria-label={t('review.diff.added')}>{words}</ins>;
        }
        return <span key={index}>{words}</span>;
      })}
    </p>
  );
}
