// The reviewer's keys. They are places on the keyboard, not letters: on an Arabic layout the key
// that types ج is the same as on an English one. Off in fields, in dialogs, with modifiers, and for
// who turned them off (WCAG 2.1.4). `commandOf` is pure.
import { useEffect, useRef } from 'react';

export type Command = 'next' | 'previous' | 'accept' | 'edit' | 'reject' | 'undo';

const KEYS: Record<string, Command> = {
  KeyJ: 'next', KeyK: 'previous', KeyA: 'accept', KeyE: 'edit', KeyR: 'reject', KeyU: 'undo',
  ArrowDown: 'next', ArrowUp: 'previous',
};

export const LEGEND: readonly { keys: string; command: Exclude<Command, 'previous'> }[] = [
  { keys: 'J K ↓ ↑', command: 'next' },
  { keys: 'A', command: 'accept' },
  { keys: 'E', command: 'edit' },
  { keys: 'R', command: 'reject' },
  { keys: 'U', command: 'undo' },
];

export interface Pressed {
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  repeat: boolean;
}

export function commandOf(event: Pressed): Command | null {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return null;
  const command = KEYS[event.code] ?? null;
  // A key held down may walk through the list; it must not accept one after the other.
  if (event.repeat && command !== 'next' && command !== 'previous') return null;
  return command;
}

const TYPED_IN = 'input,textarea,select,[contenteditable],[role=listbox],[role=menu],[role=dialog],[role=alertdialog]';

export function useCommands(enabled: boolean, run: (command: Command) => boolean): void {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    if (!enabled) return;
    const pressed = (event: KeyboardEvent) => {
      const target = event.target instanceof Element ? event.target : null;
      if (event.defaultPrevented || target?.closest(TYPED_IN)) return;
      const command = commandOf(event);
      if (command && latest.current(command)) event.preventDefault();
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, [enabled]);
}
