import { useMemo } from 'react';
import { Link } from 'wouter';
import type { Flow } from '../../api/types';
import { usePreferences } from '../../app/preferences';
import { useT, useWord } from '../../i18n/context';
import { direction } from '../../i18n/language';
import { layOut, type Placed } from './flow-layout';

const WIDTH = 190;
const HEIGHT = 46;
const GAP_X = 56;
const GAP_Y = 16;
const LETTERS = 20;

/** Parents before children, in the page's reading direction. */
export function FlowGraph(props: { flow: Flow; here: number }) {
  const t = useT();
  const word = useWord();
  const rtl = direction(usePreferences().language) === 'rtl';
  const layout = useMemo(() => layOut(props.flow), [props.flow]);
  const width = layout.columns * (WIDTH + GAP_X) - GAP_X + 4;
  const height = layout.rows * (HEIGHT + GAP_Y) - GAP_Y + 4;
  const x = (node: Placed) => {
    const at = 2 + node.column * (WIDTH + GAP_X);
    return rtl ? width - at - WIDTH : at;
  };
  const y = (node: Placed) => 2 + node.row * (HEIGHT + GAP_Y);
  return (
    <div className="flow" role="group" aria-label={t('job.flow')}>
      <svg width={width} height={height} direction="ltr">
        {layout.edges.map(({ from, to }) => {
          const x1 = x(from) + (rtl ? 0 : WIDTH);
          const x2 = x(to) + (rtl ? WIDTH : 0);
          const y1 = y(from) + HEIGHT / 2;
          const y2 = y(to) + HEIGHT / 2;
          const middle = (x1 + x2) / 2;
          return (
            <path key={`${from.id}-${to.id}`} className="flow-edge"
              d={`M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`} />
          );
        })}
        {layout.nodes.map((node) => {
          const kind = node.kind ?? '–';
          return (
            <Link
              key={node.id}
              href={`/jobs/${node.id}`}
              aria-label={`${kind} #${node.id}, ${word('job.state', node.state)}`}
              {...(node.id === props.here ? { 'aria-current': 'true' as const } : {})}
            >
              <g className={`flow-node flow-${node.state}${node.id === props.here ? ' flow-here' : ''}`}
                transform={`translate(${x(node)} ${y(node)})`}>
                <rect width={WIDTH} height={HEIGHT} rx={8} />
                <circle className="flow-mark" cx={16} cy={HEIGHT / 2} r={5} />
                <text className="flow-kind" x={30} y={20}>
                  {kind.length > LETTERS ? `${kind.slice(0, LETTERS - 1)}…` : kind}
                </text>
                <text className="flow-id" x={30} y={36}>#{node.id}</text>
              </g>
            </Link>
          );
        })}
      </svg>
    </div>
  );
}
