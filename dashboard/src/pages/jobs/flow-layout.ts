// Where a flow's jobs stand: each in the column after its last parent, rows in the order of the
// parents' rows. Pure.
import type { Flow } from '../../api/types';

export interface Placed {
  id: number;
  kind: string | null;
  state: string;
  column: number;
  row: number;
}

export interface FlowLayout {
  nodes: Placed[];
  edges: { from: Placed; to: Placed }[];
  columns: number;
  rows: number;
}

function columnsOf(flow: Flow): Map<number, number> {
  const parents = new Map<number, number[]>(flow.nodes.map((node) => [node.id, []]));
  for (const { from, to } of flow.edges) if (parents.has(from)) parents.get(to)?.push(from);
  const columns = new Map<number, number>();
  const open = new Set<number>();
  const column = (id: number): number => {
    const known = columns.get(id);
    if (known !== undefined) return known;
    // A circle can't run, but a page must not hang on one.
    if (open.has(id)) return 0;
    open.add(id);
    const above = parents.get(id) ?? [];
    const value = above.length === 0 ? 0 : 1 + Math.max(...above.map(column));
    open.delete(id);
    columns.set(id, value);
    return value;
  };
  for (const node of flow.nodes) column(node.id);
  return columns;
}

export function layOut(flow: Flow): FlowLayout {
  const columns = columnsOf(flow);
  const placed = new Map<number, Placed>();
  const width = flow.nodes.length === 0 ? 0 : 1 + Math.max(...columns.values());
  const parents = new Map<number, number[]>();
  for (const { from, to } of flow.edges) parents.set(to, [...(parents.get(to) ?? []), from]);
  let rows = 0;
  for (let column = 0; column < width; ++column) {
    const here = flow.nodes.filter((node) => columns.get(node.id) === column);
    const weight = (id: number) => {
      const above = (parents.get(id) ?? []).map((each) => placed.get(each)?.row ?? 0);
      return above.length === 0 ? 0 : above.reduce((sum, each) => sum + each, 0) / above.length;
    };
    here.sort((a, b) => weight(a.id) - weight(b.id) || a.id - b.id);
    here.forEach((node, row) => placed.set(node.id, { ...node, column, row }));
    rows = Math.max(rows, here.length);
  }
  const edges = flow.edges.flatMap(({ from, to }) => {
    const start = placed.get(from);
    const end = placed.get(to);
    return start && end ? [{ from: start, to: end }] : [];
  });
  return { nodes: [...placed.values()], edges, columns: width, rows };
}
