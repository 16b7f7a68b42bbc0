import { describe, expect, it } from 'vitest';
import ar from '../../../src/messages/ar/notifications.json';
import en from '../../../src/messages/en/notifications.json';
import { emptyDraft, missingIn, requestOf, within } from '../../../src/pages/broadcasts/compose';
import { thumbhashPixels } from '../../../src/pages/media/thumbhash';
import { safeUrl } from '../../../src/pages/media/url';
import { directionOf, length, mayBeCut } from '../../../src/pages/notifications/phone-rules';
import { knownCodes, knownDetails, whyOf } from '../../../src/pages/notifications/reasons';
import { shares, waysOut } from '../../../src/pages/notifications/states';
import type { Delivery, WhyNot } from '../../../src/pages/notifications/model';
import { changed, filterOf, isMeant, maySend, readFlow, resendRequest, writeFlow } from '../../../src/pages/resend/flow';
import { draftOf, placeOf, selectionAt, textsBody } from '../../../src/pages/templates/draft';
import { commandOf } from '../../../src/pages/translations/keys';
import { markedTokens, pieceDifference, tokens, wordDiff } from '../../../src/pages/translations/words';
import { choiceAt, daysOf } from '../../../src/pages/users/preferences';

const flowOf = (query: string) => readFlow(new URLSearchParams(query));
const why = (over: Partial<WhyNot>): WhyNot => ({
  channel: 'push', device_id: 1, delivery_id: 1, generation: 0, outcome: 'failed', state: 'failed', step: 'provider',
  code: 'provider_error', facts: {}, ...over,
});
const delivery = (id: number, over: Partial<Delivery> = {}): Delivery => ({
  id, channel: 'push', device: { id: 7, platform: 'ios', app_version: null, state: 'active' }, generation: 0, state: 'accepted',
  reason: null, attempts: 1, updated_at: '2026-11-22T10:00:00.000000Z', not_before: null, history: [], ...over,
});

describe('a re-send', () => {
  it('keeps its whole state in the address', () => {
    const flow = flowOf('user=noura&user=omar&since=2026-11-22T02:00&mode=all&accepted=1&override=1&content=rendered&step=check&key=k');
    expect(readFlow(writeFlow(flow))).toEqual(flow);
  });
  it('drops the key of a request when anything that it stood for changes, but not with the step', () => {
    const flow = flowOf('user=noura&step=check&key=k');
    expect(changed(flow, { step: 'mode' }).key).toBe('k');
    expect(changed(flow, { mode: 'unknown' }).key).toBeNull();
  });
  it('starts at the beginning when the address does not say what is meant', () => {
    expect(flowOf('step=check&category=orders').step).toBe('find');
    expect(isMeant(flowOf('category=orders'))).toBe(false);
    expect(isMeant(flowOf('since=2026-11-22T02:00'))).toBe(true);
  });
  it('asks for no override and no accepted ones unless it may', () => {
    const flow = flowOf('user=noura&mode=failed&accepted=1&override=1');
    const request = resendRequest(flow, false, 'k', ' why ', 3);
    expect(request).toMatchObject({ override: false, include_accepted: false, reason: 'why', expected: 3, request_key: 'k' });
    expect(request.filter).toEqual({ user_ids: ['noura'] });
  });
  it('takes names from lines and commas, each once', () => {
    expect(filterOf(flowOf('user=noura%0Aomar,noura%0A')).user_ids).toEqual(['noura', 'omar']);
  });
  it('is not sent twice, for nothing, or without a reason', () => {
    expect(maySend(3, 'why', true)).toBe(false);
    expect(maySend(0, 'why', false)).toBe(false);
    expect(maySend(undefined, 'why', false)).toBe(false);
    expect(maySend(3, '  ', false)).toBe(false);
    expect(maySend(3, 'why', false)).toBe(true);
  });
});

describe('a difference word by word', () => {
  const cases: [string, string][] = [
    ['قميص أحمر لـ {name}، المقاس {size}', 'قميص قطني أحمر لـ {name}، المقاس {size}، خصم 20%'],
    ['red shirt', 'blue coat'], ['', 'new'], ['old', ''], ['كِتابٌ', 'كتاب'], ['a b c', 'a x c'], ['same', 'same'],
  ];
  it.each(cases)('loses no letter of either text: %s', (before, after) => {
    const pieces = wordDiff(before, after);
    const join = (kinds: string[]) => pieces.filter((piece) => kinds.includes(piece.kind))
      .flatMap((piece) => piece.tokens.map((token) => token.text)).join('');
    expect(join(['same', 'removed'])).toBe(before);
    expect(join(['same', 'added'])).toBe(after);
  });
  it('shows a phrase that was replaced as one change', () => {
    expect(wordDiff('red shirt', 'blue coat').map((piece) => piece.kind)).toEqual(['removed', 'added']);
  });
  it('never cuts a placeholder, a tag, an address or a vowelled word', () => {
    const pieces = tokens('كِتابٌ {name} %1$s <b> https://a.example/x SM-G991B').filter((token) => token.text.trim());
    expect(pieces.map((token) => token.text)).toEqual(['كِتابٌ', '{name}', '%1$s', '<b>', 'https://a.example/x', 'SM-G991B']);
    expect(pieces.filter((token) => token.protectedPiece)).toHaveLength(5);
  });
  it('is bounded: texts of ten thousand other words are one replacement', () => {
    const pieces = wordDiff('a '.repeat(10_000), 'b '.repeat(10_000));
    expect(pieces.filter((piece) => piece.kind !== 'same').length).toBeLessThanOrEqual(2);
  });
  it('marks the place that a gate names, counted in code points', () => {
    const marked = markedTokens('😀 أحمر {size}', [{ at: 7, length: 6 }]).filter((token) => token.marked);
    expect(marked.map((token) => token.text)).toEqual(['{size}']);
  });
  it('tells which placeholders are missing and which are too many', () => {
    expect(pieceDifference('{a} {b} {b}', '{b} {c}')).toEqual({ missing: ['{a}', '{b}'], extra: ['{c}'] });
  });
});

describe('why somebody got nothing', () => {
  it('has words for every code and every answer, in both languages', () => {
    for (const id of [...knownCodes().map((code) => `why.${code}`), ...knownDetails().map((code) => `why.detail.${code}`)]) {
      expect(Object.keys(en), id).toContain(id);
      expect(Object.keys(ar), id).toContain(id);
    }
  });
  it('says at which level the user declined', () => {
    expect(whyOf(why({ code: 'preference', facts: { level: 'category+channel' } })).message).toBe('why.preference.category_channel');
  });
  it('shows an unknown code as it is', () => {
    expect(whyOf(why({ code: 'brand_new' }))).toMatchObject({ message: null, code: 'brand_new', remedy: 'none' });
  });
  it('adds the provider’s answer only where the sentence is general', () => {
    expect(whyOf(why({ facts: { reason: 'timeout' } })).detail).toBe('why.detail.timeout');
    expect(whyOf(why({ code: 'token_unregistered', facts: { reason: 'unregistered' } })).detail).toBeNull();
  });
  it('does not promise that what was left out in quiet hours goes on by itself', () => {
    expect(whyOf(why({ code: 'quiet_hours', outcome: 'waiting' })).remedy).toBe('wait');
    expect(whyOf(why({ code: 'quiet_hours', outcome: 'skipped' })).remedy).toBe('none');
  });
  it('shows each phone’s newest sending, with the earlier ones behind it', () => {
    const ways = waysOut([delivery(1), delivery(2, { generation: 1, state: 'failed' }), delivery(3, { channel: 'email', device: null })],
      [why({ delivery_id: 2 }), why({ delivery_id: null, channel: 'webhook', code: 'waiting_for_job' })]);
    expect(ways.map((way) => [way.channel, way.latest?.id, way.before.length])).toEqual([['push', 2, 1], ['email', 3, 0], ['webhook', undefined, 0]]);
    expect(ways[0]?.why?.code).toBe('provider_error');
  });
  it('keeps a small share visible', () => {
    expect(shares({ accepted: 100_000, failed: 1 }).map((share) => share.percent >= 1)).toEqual([true, true]);
    expect(shares({})).toEqual([]);
  });
});

describe('a phone', () => {
  it('turns with the first letter, past digits and signs', () => {
    expect(directionOf('20٪ خصم')).toBe('rtl');
    expect(directionOf('"A-1042" شُحن')).toBe('ltr');
    expect(directionOf('')).toBe('ltr');
  });
  it('counts what a reader counts', () => {
    expect(length('👩‍👩‍👧')).toBe(1);
    expect(length('كِ')).toBe(1);
  });
  it('warns about what is too long for a list, and not when it is opened', () => {
    const text = 'نصف السعر حتى الجمعة '.repeat(4);
    expect(mayBeCut('android', 'collapsed', 'body', text)).toBe(true);
    expect(mayBeCut('android', 'expanded', 'body', text)).toBe(false);
  });
});

describe('a ThumbHash', () => {
  it('is drawn in the shape of its picture', () => {
    const pixels = thumbhashPixels('1QcSHQRnh493V4dIh4eXh1h4kJUI');
    expect(pixels && Math.max(pixels.width, pixels.height)).toBe(32);
    expect(pixels?.rgba.some((value, index) => index % 4 !== 3 && value > 0)).toBe(true);
  });
  it('is nothing when it is cut short, too long or no base64', () => {
    for (const hash of ['', 'AA==', '%%%', 'A'.repeat(80)]) expect(thumbhashPixels(hash)).toBeNull();
  });
});

describe('an address of a picture', () => {
  it('is never a script', () => {
    expect(safeUrl('https://img.example/a.jpg', 'https://x.example/')).toBe('https://img.example/a.jpg');
    expect(safeUrl('/media/a.jpg', 'https://x.example/')).toBe('/media/a.jpg');
    for (const url of ['javascript:alert(1)', 'data:text/html,x', 'http://[', null]) expect(safeUrl(url, 'https://x.example/')).toBeNull();
  });
});

describe('a template', () => {
  const texts = [
    { channel: '*' as const, locale: 'ar', title: 'ع', body: 'ن', html: null },
    { channel: 'email' as const, locale: 'ar', title: 'ع', body: 'ن', html: '<p>ن</p>' },
  ];
  it('goes out as the server takes it, a channel’s own text inside its language', () => {
    expect(textsBody(texts)).toEqual({ ar: { title: 'ع', body: 'ن', email: { title: 'ع', body: 'ن', html: '<p>ن</p>' } } });
  });
  it('has the server’s complaint under its field, at its character', () => {
    expect(placeOf({ at: '/texts/ar/email/body', problem: 'texts.ar.email.body, character 7: …' }, ['ar']))
      .toMatchObject({ locale: 'ar', channel: 'email', field: 'body', character: 7 });
    expect(placeOf({ at: '/variables/n', problem: 'has no type' }, ['ar'])).toMatchObject({ locale: null, field: 'n' });
  });
  it('selects by code points', () => expect(selectionAt('😀ab', 2)).toBe(2));
  it('is not changed by being looked at', () => expect(draftOf({ texts, variables: {} }).texts).toBe(texts));
});

describe('a broadcast', () => {
  it('lacks what it lacks', () => {
    expect(missingIn(emptyDraft)).toEqual(['texts', 'audience', 'category']);
    const half = { ...emptyDraft, texts: { en: { title: 'x', body: '' }, ar: { title: 'ع', body: 'ن' } } };
    expect(missingIn(half)).toContain('texts');
  });
  it('asks for the languages that are written, and no others', () => {
    expect(within(emptyDraft, true).audience).toBe('segment');
    expect(within({ ...emptyDraft, users: 'noura', segment: 'SELECT 1' }, false)).toMatchObject({ audience: 'users', users: 'noura' });
    const draft = { ...emptyDraft, texts: { ...emptyDraft.texts, ar: { title: 'ع ', body: 'ن' } }, segment: 'SELECT 1', category: 'offers' };
    expect(requestOf(draft)).toEqual({ category: 'offers', channels: ['push', 'inbox'], title: { ar: 'ع' }, body: { ar: 'ن' }, segment: 'SELECT 1' });
  });
});

describe('the reviewer’s keys', () => {
  const press = (code: string, more = {}) => commandOf({ code, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, repeat: false, ...more });
  it('are places on the keyboard, so that an Arabic layout has them too', () => expect(press('KeyJ')).toBe('next'));
  it('do nothing with Ctrl', () => expect(press('KeyA', { ctrlKey: true })).toBeNull());
  it('accept once, however long they are held', () => {
    expect(press('KeyA', { repeat: true })).toBeNull();
    expect(press('KeyJ', { repeat: true })).toBe('next');
  });
});

describe('a preference', () => {
  const offers = { key: 'offers', critical: false, default_enabled: true, channels: ['push'] };
  it('is the most particular one', () => {
    const all = [{ category: '*', channel: 'push', enabled: false }, { category: 'offers', channel: '*', enabled: true }];
    expect(choiceAt(all, offers, 'push')).toEqual({ own: null, inherited: true });
    expect(choiceAt(all.slice(0, 1), offers, 'push')).toEqual({ own: null, inherited: false });
    expect(choiceAt([], offers, 'email')).toEqual({ own: null, inherited: true });
  });
  it('says every day rather than seven', () => {
    expect(daysOf({ start: '22:00', end: '07:00', days: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] })).toBeNull();
    expect(daysOf({ start: '13:00', end: '14:30', days: ['fri', 'mon'] })).toEqual(['mon', 'fri']);
  });
});
