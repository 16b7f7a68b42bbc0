import { describe, expect, it } from 'vitest';
import * as format from '../../src/i18n/format';

const NOW = Date.parse('2026-11-22T10:30:00Z');

describe('numbers', () => {
  it('have Latin digits in both languages', () => {
    expect(format.number('en', 1234567)).toBe('1,234,567');
    expect(format.number('ar', 1234567)).toBe('1,234,567');
  });

  it('say that a capped count is at least so many', () => {
    expect(format.count('en', { count: 10_000, capped: true })).toBe('10,000+');
    expect(format.count('en', { count: 10_001, capped: true })).toBe('10,000+');
    expect(format.count('en', { count: 9_999, capped: false })).toBe('9,999');
  });

  it('keep the plus behind the number in an Arabic line', () => {
    expect(format.count('ar', { count: 10_000, capped: true })).toBe('\u200e10,000+\u200e');
  });
});

describe('times', () => {
  it('are Gregorian, in 24 hours, in both languages', () => {
    const at = '2026-03-01T18:05:00Z';
    expect(format.dateTime('en', at)).toMatch(/2026, \d\d:05$/);
    expect(format.dateTime('ar', at)).toMatch(/2026/);
    expect(format.dateTime('ar', at)).toMatch(/\d\d:05/);
    expect(format.dateTime('ar', at)).toContain('مارس');
  });

  it('are told by the largest whole unit', () => {
    const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();
    expect(format.relative('en', ago(0.2), NOW)).toBe('now');
    expect(format.relative('en', ago(59), NOW)).toBe('59 sec ago');
    expect(format.relative('en', ago(119), NOW)).toBe('1 min ago');
    expect(format.relative('en', ago(-7200), NOW)).toBe('in 2 hr');
    expect(format.relative('ar', ago(120), NOW)).toBe('قبل دقيقتين');
    expect(format.relative('ar', ago(300), NOW)).toBe('قبل 5 دقائق');
  });
});

describe('durations', () => {
  it('have one unit or two', () => {
    expect(format.duration('en', 0)).toMatch(/^0 ms/);
    expect(format.duration('en', 840)).toBe('840 ms');
    expect(format.duration('en', 1240)).toMatch(/^1\.2 sec/);
    expect(format.duration('en', 200_000)).toMatch(/^3 mins? 20 secs?$/);
    expect(format.duration('en', 3_600_000)).toMatch(/^1 hr$/);
    expect(format.duration('en', 90_000_000)).toMatch(/^1 day 1 hr$/);
    expect(format.duration('ar', 1240)).toBe('1.2 ث');
  });

  it('never say sixty seconds', () => {
    expect(format.duration('en', 119_700)).not.toContain('60');
  });
});

describe('sizes', () => {
  it('grow in thousands', () => {
    expect(format.bytes('en', 999)).toMatch(/^999 byte/);
    expect(format.bytes('en', 1500)).toMatch(/^1\.5 kB$/);
    expect(format.bytes('en', 2_400_000)).toMatch(/^2\.4 MB$/);
  });
});
