// A small time chart (uPlot). In a right-to-left page time runs to the left and the scale stands on
// the right, as a reader there expects.
import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { usePreferences } from '../app/preferences';
import { useFormat } from '../i18n/context';
import { direction } from '../i18n/language';

export interface Series {
  label: string;
  /** A token of tokens.css: "--accent". */
  color: string;
  values: (number | null)[];
  filled?: boolean;
}

export function TimeChart(props: {
  /** What the chart shows, in words, for those who can't see it. */
  label: string;
  times: string[];
  series: Series[];
  height?: number;
}) {
  const { times, series, height = 200 } = props;
  const preferences = usePreferences();
  const format = useFormat();
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [at, setAt] = useState<number | null>(null);
  const rtl = direction(preferences.language) === 'rtl';
  const shape = series.map((each) => each.label).join('|');

  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const style = getComputedStyle(document.documentElement);
    const color = (token: string) => style.getPropertyValue(token).trim();
    const font = `12px ${style.getPropertyValue('--font').trim()}`;
    const axis = { stroke: color('--ink-3'), font, ticks: { show: false } };
    const made = new uPlot(
      {
        width: element.clientWidth,
        height,
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
        scales: {
          x: { time: true, dir: rtl ? -1 : 1 },
          y: { range: (_, __, max) => [0, Math.max(4, max * 1.1)] },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            space: 72,
            size: 30,
            values: (_, splits) => splits.map((each) => format.clock(new Date(each * 1000).toISOString())),
          },
          {
            ...axis,
            side: rtl ? 1 : 3,
            size: 48,
            grid: { stroke: color('--line'), width: 1 },
            values: (_, splits) => splits.map((each) => (Number.isInteger(each) ? format.compact(each) : '')),
          },
        ],
        series: [
          {},
          ...series.map((each) => ({
            label: each.label,
            stroke: color(each.color),
            width: 2,
            points: { show: false },
            ...(each.filled ? { fill: `${color(each.color)}22` } : {}),
          })),
        ],
        hooks: { setCursor: [(u) => setAt(u.cursor.idx ?? null)] },
      },
      data(times, series),
      element,
    );
    plot.current = made;
    const watcher = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      made.destroy();
      plot.current = null;
    };
    // Data alone doesn't need a new chart.
  }, [rtl, preferences.dark, height, shape, format]);

  useEffect(() => plot.current?.setData(data(times, series)), [times, series]);

  const time = at === null ? undefined : times[at];
  return (
    <figure className="chart">
      <figcaption className="chart-legend">
        {series.map((each) => (
          <span key={each.label} className="chart-key">
            <span className="chart-swatch" style={{ background: `var(${each.color})` }} aria-hidden="true" />
            {each.label}
            {at !== null && <b className="num">{format.number(each.values[at] ?? 0)}</b>}
          </span>
        ))}
        <span className="chart-time muted num">{time ? format.clock(time) : ''}</span>
      </figcaption>
      <div ref={holder} className="chart-plot" dir="ltr" role="img" aria-label={props.label} />
    </figure>
  );
}

function data(times: string[], series: Series[]): uPlot.AlignedData {
  return [
    times.map((each) => new Date(each).getTime() / 1000),
    ...series.map((each) => each.values),
  ] as uPlot.AlignedData;
}
