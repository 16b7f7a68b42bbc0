// Where a search leads: digits are a job, "type:id" a tag, a UUID a notification.

export type Target =
  | { kind: 'job'; href: string; text: string }
  | { kind: 'tag'; href: string; text: string }
  | { kind: 'notification'; href: string; text: string }
  | { kind: 'kind'; href: string; text: string };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Arabic-Indic and Persian digits as people type them. */
export function latinDigits(text: string): string {
  return text.replace(/[٠-٩۰-۹]/g, (digit) => String(digit.codePointAt(0)! & 0xf));
}

export function targetsOf(input: string): Target[] {
  const text = latinDigits(input).trim();
  if (text === '') return [];
  const tag: Target = { kind: 'tag', href: `/timeline?tag=${encodeURIComponent(text)}`, text };
  if (/^#?\d{1,16}$/.test(text)) {
    const id = text.replace('#', '');
    return [{ kind: 'job', href: `/jobs/${Number(id)}`, text: id }, tag];
  }
  if (UUID.test(text)) {
    return [{ kind: 'notification', href: `/notifications/${text.toLowerCase()}`, text }, tag];
  }
  if (text.includes(':')) return [tag];
  return [tag, { kind: 'kind', href: `/jobs?kind=${encodeURIComponent(text)}`, text }];
}
