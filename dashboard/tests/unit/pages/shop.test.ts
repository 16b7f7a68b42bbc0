import { describe, expect, it } from 'vitest';
import ar from '../../../src/messages/ar/shop.json';
import en from '../../../src/messages/en/shop.json';
import { attemptsOf, decimalOf, verdictTone } from '../../../src/ui/payment';
import { pendingOf, streamTone, verified, type Projection, type Stream } from '../../../src/pages/shop/model';
import { hrefOf } from '../../../src/pages/timeline/event';

describe('an amount', () => {
  it('has as many places as its currency, and is never calculated with', () => {
    expect(decimalOf(12_750, 'KWD')).toBe('12.750');
    expect(decimalOf(5, 'BHD')).toBe('0.005');
    expect(decimalOf(14_950, 'SAR')).toBe('149.50');
    expect(decimalOf(1_250_000, 'JPY')).toBe('1,250,000');
    expect(decimalOf(-40, 'SAR')).toBe('-0.40');
    expect(decimalOf(9_007_199_254_740_991, 'KWD')).toBe('9,007,199,254,740.991');
  });
  it('of Iraqi dinars has three places, as ISO 4217 says and browsers do not', () => {
    expect(decimalOf(25_000_000, 'IQD')).toBe('25,000.000');
  });
});

describe('the evidence of a payment check', () => {
  it('is read from what the gateway said', () => {
    expect(attemptsOf([{
      attempt: 'a-1', gateway: 'myfatoorah', state: 'EXECUTED', key_type: 'invoice_id', key: '6123', amount_minor: 12_750, currency: 'KWD',
      finding: 'paid', problem: null, invoice: '6123', status: 'Paid', transactions: [],
    }])).toEqual([{
      id: 'a-1', gateway: 'myfatoorah', state: 'EXECUTED', finding: 'paid', status: 'Paid', key: '6123',
      amount: { minor: 12_750, currency: 'KWD' }, problem: null, refund: false,
    }]);
  });
  it('of a refund says so, and an empty problem is none', () => {
    expect(attemptsOf([{ refund: 'r-1', gateway: 'g', key: '6', amount_minor: 400, currency: 'SAR', status: 'PENDING', problem: '' }])[0])
      .toMatchObject({ id: 'r-1', refund: true, problem: null, finding: null });
  });
  it('shows no amount that it can not read', () => {
    expect(attemptsOf([{ attempt: 'a', amount_minor: '12.5', currency: 'KWD' }, { attempt: 'b', amount_minor: 1.5, currency: 'KWD' }])
      .map((one) => one.amount)).toEqual([null, null]);
  });
  it('leaves out what is no attempt', () => {
    expect(attemptsOf([null, 3, [], {}])).toEqual([]);
    expect(attemptsOf(undefined)).toEqual([]);
  });
  it('has a word and a colour for each verdict, in both languages', () => {
    for (const verdict of ['PAID', 'UNPAID', 'UNSURE', 'MISMATCH', 'REFUND_REQUESTED', 'REFUNDED', 'REFUND_REJECTED', 'REFUND_UNKNOWN']) {
      expect(en).toHaveProperty([`payment.verdict.${verdict}`]);
      expect(ar).toHaveProperty([`payment.verdict.${verdict}`]);
    }
    expect(verdictTone('MISMATCH')).toBe('bad');
    expect(verdictTone('PAID')).toBe('good');
    expect(verdictTone('UNSURE')).toBe('warn');
    expect(verdictTone('SOMETHING_NEW')).toBe('neutral');
  });
  it('leads to the job that asked, where one did', () => {
    const check = { at: '', type: 'payment', title: 'webhook', state: 'PAID', id: '7' };
    expect(hrefOf({ ...check, detail: { job_id: 42 } })).toBe('/jobs/42');
    expect(hrefOf({ ...check, detail: { job_id: null } })).toBeNull();
  });
});

describe('a stream of events', () => {
  const stream: Stream = { stream: 's', target: 'jobs', pending: 0, oldest: null, blocked: 0, problem: null };
  it('says first what can not be known, then what stands still, then what waits', () => {
    expect(streamTone({ ...stream, pending: null, blocked: null, problem: 'permission denied' }).word).toBe('unknown');
    expect(streamTone({ ...stream, pending: 9, blocked: 1 }).word).toBe('blocked');
    expect(streamTone({ ...stream, pending: 9 }).word).toBe('waiting');
    expect(streamTone(stream)).toEqual({ tone: 'good', word: 'empty' });
  });
  it('is counted to ten thousand', () => {
    expect(pendingOf(9999).capped).toBe(false);
    expect(pendingOf(10_000).capped).toBe(true);
  });
});

describe('a projection', () => {
  const of = (live: number | null, fresh: number | null) => verified({ live_rows: live, new_rows: fresh } as Projection);
  it('was compared only when both were counted, and none is a number too', () => {
    expect(of(null, 4)).toBeNull();
    expect(of(0, 0)).toEqual({ asMany: true, live: 0, fresh: 0 });
    expect(of(5, 4)?.asMany).toBe(false);
  });
});
