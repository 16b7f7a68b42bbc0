// An acceptance that can still be taken back: it is held for a few seconds before it is sent. The
// next one, or leaving the page, sends the one before at once; closing the tab asks first. The
// server can't undo a publication, so this is where "undo" is.
import { useCallback, useEffect, useRef, useState } from 'react';

export const HELD_MS = 5000;

export interface Held {
  id: number;
  version: string;
  /** undefined: the suggestion as it is. */
  text: string | undefined;
}

export function useHeld(send: (held: Held) => void) {
  const [held, setHeld] = useState<Held | null>(null);
  const current = useRef<Held | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const latest = useRef(send);
  latest.current = send;

  const clear = useCallback(() => {
    if (timer.current !== null) clearTimeout(timer.current);
    timer.current = null;
    const was = current.current;
    current.current = null;
    setHeld(null);
    return was;
  }, []);
  const flush = useCallback(() => {
    const was = clear();
    if (was) latest.current(was);
  }, [clear]);
  const hold = useCallback((next: Held) => {
    flush();
    current.current = next;
    setHeld(next);
    timer.current = setTimeout(flush, HELD_MS);
  }, [flush]);

  useEffect(() => flush, [flush]);
  useEffect(() => {
    if (!held) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [held]);
  return { held, hold, undo: clear, flush };
}
