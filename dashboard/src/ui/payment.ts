// What the evidence of a payment check holds, and its amounts as people read them. Pure.
import type { Json } from '../api/types';
import type { Tone } from './text';

/** One attempt to pay, or one refund, and what the gateway said of it. */
export interface Attempt {
  id: string;
  gateway: string | null;
  /** The attempt's state in the shop, before. */
  state: string | null;
  /** paid, open, under_way, canceled, expired, not_found, mismatch, unsure; of a refund nothing. */
  finding: string | null;
  /** The gateway's own word. */
  status: string | null;
  /** What the gateway knows it by. */
  key: string | null;
  amount: { minor: number; currency: string } | null;
  problem: string | null;
  refund: boolean;
}

const TONES: Record<string, Tone> = {
  PAID: 'good', REFUNDED: 'good', UNPAID: 'neutral', UNSURE: 'warn', MISMATCH: 'bad',
  REFUND_REQUESTED: 'info', REFUND_REJECTED: 'bad', REFUND_UNKNOWN: 'warn',
};

export function verdictTone(verdict: string): Tone {
  return TONES[verdict] ?? 'neutral';
}

const word = (value: Json | undefined): string | null =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : null;

/** Whatever isn't as expected is left out, never guessed. */
export function attemptsOf(value: Json | undefined): Attempt[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one) => {
    if (typeof one !== 'object' || one === null || Array.isArray(one)) return [];
    const id = word(one['attempt']) ?? word(one['refund']);
    if (id === null) return [];
    const minor = one['amount_minor'];
    const currency = word(one['currency']);
    return [{
      id,
      gateway: word(one['gateway']),
      state: word(one['state']),
      finding: word(one['finding']),
      status: word(one['status']),
      key: word(one['invoice']) ?? word(one['key']),
      amount: typeof minor === 'number' && Number.isSafeInteger(minor) && currency !== null ? { minor, currency } : null,
      problem: word(one['problem']),
      refund: word(one['attempt']) === null,
    }];
  });
}

// ISO 4217's exponents; the browser's own differ (it gives the Iraqi dinar none).
const EXPONENTS: Record<string, number> = {
  KWD: 3, BHD: 3, OMR: 3, JOD: 3, TND: 3, IQD: 3, LYD: 3, JPY: 0, KRW: 0,
};

/** 12750 KWD is "12.750": digits moved, nothing calculated. */
export function decimalOf(minor: number, currency: string): string {
  const places = EXPONENTS[currency] ?? 2;
  const digits = String(Math.abs(minor)).padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places).replace(/\B(?=(\d{3})+$)/g, ',');
  const fraction = digits.slice(digits.length - places);
  return `${minor < 0 ? '-' : ''}${whole}${places > 0 ? `.${fraction}` : ''}`;
}
