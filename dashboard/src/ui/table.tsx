// A table for long lists. Rows come in chunks; a chunk far from view is replaced by an empty one of
// its height, so that ten thousand rows cost what a few screens do. On a phone a row is a card.
import { memo, useEffect, useMemo, useRef, useState, type KeyboardEvent, type MouseEvent, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import { useT } from '../i18n/context';

export interface Column<Row> {
  id: string;
  header: string;
  cell: (row: Row) => ReactNode;
  /** Numbers stand at the end. */
  numeric?: boolean;
  /** CSS width on a wide screen. */
  width?: string;
  /** "main" is the card's first line on a phone; "wide" is left out there and on narrow screens. */
  show?: 'main' | 'wide';
}

export interface Selection {
  keys: ReadonlySet<string>;
  toggle: (key: string, range: readonly string[]) => void;
  toggleAll: (keys: readonly string[]) => void;
}

interface Props<Row> {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** Where a row leads; the "main" column should hold the link for keyboard and screen reader. */
  rowHref?: (row: Row) => string;
  selection?: Selection | undefined;
  /** What the row's checkbox is called. */
  rowLabel?: (row: Row) => string;
}

const CHUNK = 50;
const ROW_HEIGHT = 46;

export function Table<Row>(props: Props<Row>) {
  const t = useT();
  const { rows, columns, selection, rowKey } = props;
  const chunks = useMemo(() => {
    const all: Row[][] = [];
    for (let at = 0; at < rows.length; at += CHUNK) all.push(rows.slice(at, at + CHUNK));
    return all;
  }, [rows]);
  const keys = useMemo(() => rows.map(rowKey), [rows, rowKey]);
  const chosen = selection ? keys.filter((key) => selection.keys.has(key)).length : 0;
  const allBox = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (allBox.current) allBox.current.indeterminate = chosen > 0 && chosen < keys.length;
  }, [chosen, keys.length]);

  return (
    <div className="table-wrap" tabIndex={-1}>
      <table className="table" onKeyDown={moveFocus}>
        <caption className="visually-hidden">{props.caption}</caption>
        <thead>
          <tr>
            {selection && (
              <th scope="col" className="cell-check">
                <label className="check">
                  <input
                    ref={allBox}
                    type="checkbox"
                    aria-label={t('ui.select_all')}
                    checked={chosen > 0 && chosen === keys.length}
                    onChange={() => selection.toggleAll(keys)}
                  />
                </label>
              </th>
            )}
            {columns.map((column) => (
              <th
                key={column.id}
                scope="col"
                className={cellClass(column)}
                {...(column.width ? { style: { width: column.width } } : {})}
              >
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        {chunks.map((chunk, index) => (
          <Chunk
            key={index}
            index={index}
            rows={chunk}
            columns={columns as readonly Column<never>[]}
            rowKey={rowKey as (row: unknown) => string}
            rowHref={props.rowHref as ((row: unknown) => string) | undefined}
            rowLabel={props.rowLabel as ((row: unknown) => string) | undefined}
            selection={selection}
            chosen={selection ? chosenOf(chunk, rowKey, selection) : ''}
            keys={keys}
            always={chunks.length === 1}
          />
        ))}
      </table>
    </div>
  );
}

function chosenOf<Row>(rows: readonly Row[], rowKey: (row: Row) => string, selection: Selection): string {
  return rows.map((row) => (selection.keys.has(rowKey(row)) ? '1' : '0')).join('');
}

function cellClass<Row>(column: Column<Row>): string {
  const numeric = column.numeric ? ' cell-numeric' : '';
  const show = column.show ? ` cell-${column.show}` : '';
  return `cell${numeric}${show}`;
}

interface ChunkProps {
  index: number;
  rows: readonly unknown[];
  columns: readonly Column<never>[];
  rowKey: (row: unknown) => string;
  rowHref: ((row: unknown) => string) | undefined;
  rowLabel: ((row: unknown) => string) | undefined;
  selection: Selection | undefined;
  /** Which of its rows are chosen: a chunk is drawn again when its own change. */
  chosen: string;
  keys: readonly string[];
  always: boolean;
}

const Chunk = memo(function Chunk(props: ChunkProps) {
  const body = useRef<HTMLTableSectionElement>(null);
  const height = useRef(props.rows.length * ROW_HEIGHT);
  // The observer brings in what is near at once; drawing all of a long list first would not do.
  const [near, setNear] = useState(props.index < 2);
  useEffect(() => {
    const element = body.current;
    if (!element || props.always) return;
    const watcher = new IntersectionObserver(
      (entries) => {
        const entry = entries[entries.length - 1];
        if (!entry) return;
        if (!entry.isIntersecting) height.current = entry.boundingClientRect.height || height.current;
        // The chunk that holds the focus stays, or the focus would be lost.
        setNear(entry.isIntersecting || element.contains(document.activeElement));
      },
      { rootMargin: '1200px 0px' },
    );
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [props.always]);
  if (!near && !props.always) {
    return (
      <tbody ref={body} aria-hidden="true">
        <tr><td className="table-gap" colSpan={props.columns.length + 1} style={{ height: height.current }} /></tr>
      </tbody>
    );
  }
  return (
    <tbody ref={body}>
      {props.rows.map((row) => <Row key={props.rowKey(row)} row={row} {...props} />)}
    </tbody>
  );
}, (before, after) =>
  before.rows.length === after.rows.length && before.rows.every((row, at) => row === after.rows[at]) &&
  before.columns === after.columns && before.chosen === after.chosen && before.always === after.always &&
  (before.selection === undefined) === (after.selection === undefined));

function Row(props: ChunkProps & { row: unknown }) {
  const [, navigate] = useLocation();
  const { row, columns, selection } = props;
  const key = props.rowKey(row);
  const href = props.rowHref?.(row);
  const chosen = selection?.keys.has(key) ?? false;
  const open = (event: MouseEvent) => {
    const target = event.target as HTMLElement;
    if (!href || target.closest('a,button,input,label,[role=button]')) return;
    if (window.getSelection()?.toString()) return;
    navigate(href);
  };
  return (
    <tr className={`row${href ? ' row-link' : ''}${chosen ? ' row-chosen' : ''}`} onClick={open}>
      {selection && (
        <td className="cell-check">
          <label className="check">
            <input
              type="checkbox"
              aria-label={props.rowLabel?.(row) ?? key}
              checked={chosen}
              onChange={(event) => {
                const range = (event.nativeEvent as unknown as { shiftKey?: boolean }).shiftKey;
                selection.toggle(key, range ? props.keys : []);
              }}
            />
          </label>
        </td>
      )}
      {columns.map((column) => (
        <td key={column.id} className={cellClass(column)} data-label={column.header}>
          {(column.cell as (row: unknown) => ReactNode)(row)}
        </td>
      ))}
    </tr>
  );
}

/** Arrow up and down go from row to row, by each row's first link or box. */
function moveFocus(event: KeyboardEvent<HTMLTableElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const target = event.target as HTMLElement;
  if (target.closest('input:not([type=checkbox]),textarea,select,[role=listbox],[role=menu]')) return;
  const row = target.closest('tr');
  if (!row) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLTableRowElement>('tbody tr.row')];
  const next = rows[rows.indexOf(row) + (event.key === 'ArrowDown' ? 1 : -1)];
  const stop = next?.querySelector<HTMLElement>(target.matches('input') ? 'input' : 'a,button') ??
    next?.querySelector<HTMLElement>('a,button,input');
  if (!stop) return;
  event.preventDefault();
  stop.focus();
}
