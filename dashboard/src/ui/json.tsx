// JSON as a tree that opens and closes. What the server has hidden says so.
import { useState } from 'react';
import type { Json } from '../api/types';
import { useT } from '../i18n/context';
import { Button } from './button';
import { Icon } from './icon';
import { CopyButton } from './text';

const MASK = '•••';
/** More members than this are shown on demand. */
const SHOWN = 100;

export function JsonView(props: { value: Json; label: string; open?: number }) {
  const t = useT();
  const [raw, setRaw] = useState(false);
  const text = JSON.stringify(props.value, null, 2) ?? 'null';
  const nested = typeof props.value === 'object' && props.value !== null;
  return (
    <div className="json" role="group" aria-label={props.label}>
      <div className="json-tools">
        {nested && (
          <Button small variant="quiet" onPress={() => setRaw(!raw)}>
            {raw ? t('json.as_tree') : t('json.as_text')}
          </Button>
        )}
        <CopyButton text={text} />
      </div>
      {raw
        ? <pre className="json-text mono" dir="ltr" tabIndex={0}>{text}</pre>
        : <div className="json-tree mono" dir="ltr"><Node value={props.value} open={props.open ?? 2} /></div>}
    </div>
  );
}

function Node(props: { name?: string; value: Json; open: number }) {
  const { name, value, open } = props;
  if (typeof value !== 'object' || value === null) {
    return <div className="json-leaf"><Key name={name} /><Leaf value={value} /></div>;
  }
  const entries: [string, Json][] = Array.isArray(value)
    ? value.map((each, index) => [String(index), each])
    : Object.entries(value);
  const brackets = Array.isArray(value) ? '[]' : '{}';
  if (entries.length === 0) {
    return <div className="json-leaf"><Key name={name} /><span className="json-punct">{brackets}</span></div>;
  }
  return (
    <details className="json-node" open={open > 0}>
      <summary>
        <Icon name="chevronEnd" size={14} />
        <Key name={name} />
        <span className="json-punct">{brackets[0]}{entries.length}{brackets[1]}</span>
      </summary>
      <Children entries={entries} open={open - 1} />
    </details>
  );
}

function Children(props: { entries: [string, Json][]; open: number }) {
  const t = useT();
  const [all, setAll] = useState(false);
  const shown = all ? props.entries : props.entries.slice(0, SHOWN);
  const rest = props.entries.length - shown.length;
  return (
    <div className="json-children">
      {shown.map(([name, each]) => <Node key={name} name={name} value={each} open={props.open} />)}
      {rest > 0 && (
        <Button small variant="quiet" onPress={() => setAll(true)}>{t('json.more', { count: rest })}</Button>
      )}
    </div>
  );
}

function Key(props: { name: string | undefined }) {
  return props.name === undefined ? null : <span className="json-key">{props.name}: </span>;
}

function Leaf(props: { value: string | number | boolean | null }) {
  const t = useT();
  const { value } = props;
  if (value === MASK) {
    return (
      <span className="json-masked" title={t('json.masked_text')}>
        <Icon name="lock" size={14} /><bdi>{t('json.masked')}</bdi>
      </span>
    );
  }
  if (typeof value === 'string') return <bdi dir="auto" className="json-string">{value}</bdi>;
  return <span className="json-value">{String(value)}</span>;
}
