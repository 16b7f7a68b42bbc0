// The field at the top: a job's number, a tag such as order:123, or a kind. "/" goes there.
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import { useLocation } from 'wouter';
import { useT } from '../i18n/context';
import { Icon } from '../ui/icon';
import { targetsOf } from './search';
import { useCan } from './session';

export function SearchBox() {
  const t = useT();
  const can = useCan();
  const id = useId();
  const [, navigate] = useLocation();
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(0);
  const [open, setOpen] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const targets = targetsOf(text).filter((target) =>
    can(target.kind === 'notification' ? 'notifications.view' : 'jobs.view'));

  useEffect(() => {
    const slash = (event: globalThis.KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
      if ((event.target as HTMLElement).closest('input,textarea,select,[contenteditable],[role=dialog]')) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener('keydown', slash);
    return () => document.removeEventListener('keydown', slash);
  }, []);

  const go = (at: number) => {
    const target = targets[at];
    if (!target) return;
    setText('');
    setOpen(false);
    input.current?.blur();
    navigate(target.href);
  };
  const key = (event: KeyboardEvent) => {
    if (event.key === 'Enter') go(chosen);
    else if (event.key === 'Escape') {
      setOpen(false);
      setText('');
    } else if (event.key === 'ArrowDown') setChosen((now) => Math.min(now + 1, targets.length - 1));
    else if (event.key === 'ArrowUp') setChosen((now) => Math.max(now - 1, 0));
    else return;
    event.preventDefault();
  };
  const listed = open && targets.length > 0;

  return (
    <div className="search" role="search">
      <Icon name="search" size={18} />
      <input
        ref={input}
        className="search-input"
        type="text"
        {...(text === '' ? {} : { dir: 'auto' })}
        role="combobox"
        aria-label={t('app.search')}
        aria-expanded={listed}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        {...(listed ? { 'aria-activedescendant': `${id}-${chosen}` } : {})}
        placeholder={t('app.search_placeholder')}
        value={text}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => {
          setText(event.target.value);
          setChosen(0);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setTimeout(() => setOpen(false), 150)}
        onKeyDown={key}
      />
      <kbd className="search-key" aria-hidden="true">/</kbd>
      <div className={listed ? 'search-list' : 'search-list search-closed'} id={`${id}-list`} role="listbox"
        aria-label={t('app.search')}>
        {listed && targets.map((target, at) => (
          <div
            key={target.kind}
            id={`${id}-${at}`}
            role="option"
            aria-selected={at === chosen}
            className={at === chosen ? 'search-target search-chosen' : 'search-target'}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => go(at)}
          >
            <span>{t(`app.search_to.${target.kind}`)}</span>
            <bdi dir="ltr" className="ident">{target.text}</bdi>
          </div>
        ))}
      </div>
    </div>
  );
}
