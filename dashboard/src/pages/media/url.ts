/** What may stand in `src` or `href`: a picture's address, and never a script's. Pure. */
export function safeUrl(url: string | null, page: string): string | null {
  if (url === null) return null;
  try {
    const { protocol } = new URL(url, page);
    return protocol === 'https:' || protocol === 'http:' ? url : null;
  } catch {
    return null;
  }
}
