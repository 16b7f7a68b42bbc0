import { useEffect, useState } from 'react';
import { TextField } from './form';

/** Text that filters: takes effect on Enter, on leaving the field, or half a second after typing. */
export function FilterText(props: {
  label: string;
  value: string | undefined;
  onChange: (value: string | null) => void;
  placeholder?: string;
  type?: 'text' | 'search' | 'date' | 'datetime-local';
  ident?: boolean;
}) {
  const { value = '', onChange } = props;
  const [draft, setDraft] = useState(value);
  useEffect(() => setDraft(value), [value]);
  const commit = () => {
    if (draft.trim() !== value) onChange(draft.trim() || null);
  };
  useEffect(() => {
    if (draft.trim() === value) return;
    const timer = setTimeout(commit, 500);
    return () => clearTimeout(timer);
    // A new timer per letter; `commit` closes over nothing else.
  }, [draft]);
  return (
    <TextField
      label={props.label}
      value={draft}
      onChange={setDraft}
      onBlur={commit}
      onSubmit={commit}
      type={props.type ?? 'search'}
      {...(props.ident ? { dir: 'ltr' as const } : { dir: 'auto' as const })}
      {...(props.placeholder ? { placeholder: props.placeholder } : {})}
    />
  );
}
