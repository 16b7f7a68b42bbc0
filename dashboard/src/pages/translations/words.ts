// Two texts, word by word: what stayed, what went, what came. Words with their marks, blanks and
// protected pieces ({name}, %s, tags, addresses, codes) are each one token, so that a difference
// never starts inside an Arabic letter's vowel or a placeholder. Pure; bounded.

export type Kind = 'same' | 'removed' | 'added';

export interface Token {
  text: string;
  /** A placeholder, tag, address or code: shown as a chip, left to right. */
  protectedPiece: boolean;
}

export interface Piece {
  kind: Kind;
  tokens: Token[];
}

const TOKEN = new RegExp(
  [
    '(?<piece>',
    '\\{[^{}\\s]{1,80}\\}', // {name}
    '|%(?:\\d+\\$)?[-+0 #]*\\d*(?:\\.\\d+)?[sdifgx@]', // %s, %1$d
    '|</?[A-Za-z][^<>]{0,400}>', // <b>, </b>, <a href="…">
    '|&(?:#\\d{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z]{2,31});', // &nbsp;
    '|https?://[^\\s<>"]{1,400}',
    '|[\\w.+-]{1,64}@[\\w-]{1,64}(?:\\.[\\w-]{1,64}){1,8}',
    '|[A-Z]{1,6}(?:-[A-Z0-9]{1,12}){1,4}', // SM-G991B
    ')',
    '|[\\p{L}\\p{M}\\p{N}\\u0640_]+', // a word with its vowel signs
    '|\\s+',
    '|.',
  ].join(''),
  'gsu',
);

export function tokens(text: string): Token[] {
  const out: Token[] = [];
  for (const match of text.matchAll(TOKEN)) {
    out.push({ text: match[0], protectedPiece: match.groups?.piece !== undefined });
  }
  return out;
}

/** Beyond this many tokens on each side (after the common ends) the middle counts as replaced. */
export const MOST_TOKENS = 1500;

function push(out: Piece[], kind: Kind, token: Token): void {
  const last = out[out.length - 1];
  if (last?.kind === kind) last.tokens.push(token);
  else out.push({ kind, tokens: [token] });
}

/** The longest common run of tokens by dynamic programming, after the common ends are set aside. */
export function wordDiff(before: string, after: string): Piece[] {
  const a = tokens(before);
  const b = tokens(after);
  const same = (i: number, j: number): boolean => a[i]?.text === b[j]?.text;
  let head = 0;
  while (head < a.length && head < b.length && same(head, head)) head += 1;
  let tail = 0;
  while (
    tail < a.length - head && tail < b.length - head && same(a.length - 1 - tail, b.length - 1 - tail)
  ) {
    tail += 1;
  }
  const n = a.length - head - tail;
  const m = b.length - head - tail;
  const out: Piece[] = [];
  for (const token of a.slice(0, head)) push(out, 'same', token);
  if (n > MOST_TOKENS || m > MOST_TOKENS) {
    for (const token of a.slice(head, head + n)) push(out, 'removed', token);
    for (const token of b.slice(head, head + m)) push(out, 'added', token);
  } else {
    middle(out, a.slice(head, head + n), b.slice(head, head + m));
  }
  for (const token of a.slice(a.length - tail)) push(out, 'same', token);
  return tidy(out);
}

function middle(out: Piece[], a: readonly Token[], b: readonly Token[]): void {
  const width = b.length + 1;
  const longest = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number): number => longest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      longest[i * width + j] =
        a[i]?.text === b[j]?.text ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const left = a[i];
    const right = b[j];
    if (left && right && left.text === right.text) {
      push(out, 'same', right);
      i += 1;
      j += 1;
    } else if (left && (!right || at(i + 1, j) >= at(i, j + 1))) {
      push(out, 'removed', left);
      i += 1;
    } else if (right) {
      push(out, 'added', right);
      j += 1;
    }
  }
}

const isBlank = (piece: Piece): boolean => piece.tokens.every((token) => /^\s+$/.test(token.text));

/**
 * A blank alone between changes belongs to them when both sides change: "red shirt" → "blue coat" is
 * one change, not two. What stays and what goes is still the text before, to the letter.
 */
function tidy(pieces: readonly Piece[]): Piece[] {
  const out: Piece[] = [];
  let run: Piece[] = [];
  const flush = (): void => {
    const ends = run[run.length - 1]?.kind === 'same' ? run.pop() : undefined;
    const both = run.some((piece) => piece.kind === 'removed') && run.some((piece) => piece.kind === 'added');
    if (both) {
      for (const kind of ['removed', 'added'] as const) {
        out.push({ kind, tokens: run.filter((piece) => piece.kind === kind || piece.kind === 'same').flatMap((piece) => piece.tokens) });
      }
    } else {
      out.push(...run);
    }
    if (ends) out.push(ends);
    run = [];
  };
  for (const piece of pieces) {
    if (piece.kind !== 'same' || (run.length > 0 && isBlank(piece))) {
      run.push(piece);
    } else {
      flush();
      out.push(piece);
    }
  }
  flush();
  return out;
}

/** The protected pieces of a source that a translation lacks, and those it has too many. */
export function pieceDifference(source: string, translation: string): { missing: string[]; extra: string[] } {
  const count = (text: string): Map<string, number> => {
    const seen = new Map<string, number>();
    for (const token of tokens(text)) {
      if (token.protectedPiece) seen.set(token.text, (seen.get(token.text) ?? 0) + 1);
    }
    return seen;
  };
  const there = count(source);
  const here = count(translation);
  const missing: string[] = [];
  const extra: string[] = [];
  for (const [piece, n] of there) if ((here.get(piece) ?? 0) < n) missing.push(piece);
  for (const [piece, n] of here) if ((there.get(piece) ?? 0) < n) extra.push(piece);
  return { missing, extra };
}

/** A place in a text, in code points, as the quality gates name it. */
export interface Place {
  at: number;
  length: number;
}

export interface MarkedToken extends Token {
  marked: boolean;
}

/** The text's tokens; those that a place touches are marked. A place without length marks none. */
export function markedTokens(text: string, places: readonly Place[]): MarkedToken[] {
  let start = 0;
  return tokens(text).map((token) => {
    const end = start + [...token.text].length;
    const marked = places.some(
      (place) => place.length > 0 && place.at < end && place.at + place.length > start && token.text.trim() !== '',
    );
    start = end;
    return { ...token, marked };
  });
}
