import type { RankedPoint } from '../rank/standings.ts';
import { formatNumber } from '../rank/words.ts';
import { batchSizeOf, levelOf } from '../record/load-point.ts';
import type { Measurement } from '../record/measurement.ts';
import type { Interval } from '../statistics/intervals.ts';
import { PARTS, requestTime, type TimePart } from './figures/request-time.ts';

const [WIDTH, HEIGHT, EDGE] = [220, 64, 5];

/** A small drawing of throughput against load (each doubling as wide as the other), a line a client batch; empty where there is one load alone. */
export function loadCurve(points: readonly RankedPoint[]): string {
  const all = points.flatMap(({ measurement: { point, whole } }) => {
    const y = whole.values['perf_throughput'];
    return y === undefined
      ? []
      : [{ batch: batchSizeOf(point), x: Math.log2(levelOf(point)), level: levelOf(point), y }];
  });
  const levels = all.map(({ x }) => x);
  const [low, high] = [Math.min(...levels), Math.max(...levels)];
  const most = Math.max(...all.map(({ y }) => y));
  if (!(high > low) || !(most > 0)) return '';
  const at = ({ x, y }: { x: number; y: number }): string =>
    `${(EDGE + ((WIDTH - 2 * EDGE) * (x - low)) / (high - low)).toFixed(1)},${(HEIGHT - EDGE - ((HEIGHT - 2 * EDGE) * y) / most).toFixed(1)}`;
  const lines = [...Map.groupBy(all, ({ batch }) => batch).values()].map((line) =>
    line.toSorted((a, b) => a.x - b.x).map(at),
  );
  const drawn = lines
    .map((line) => `<polyline points="${line.join(' ')}"/>${line.map((place) => dot(place)).join('')}`)
    .join('');
  const ends = all.toSorted((a, b) => a.level - b.level);
  const label = `Throughput from ${ends[0]!.level} to ${ends.at(-1)!.level}: at most ${formatNumber(most)} infer/s`;
  return `<svg class="curve" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${label}">${drawn}</svg>`;
}

const dot = (place: string): string => {
  const [x, y] = place.split(',');
  return `<circle cx="${x}" cy="${y}" r="2.5"/>`;
};

/** Where the mean latency of a point goes, as parts of a bar with their words; [] where the server did not tell. */
export function timeSplit(measurement: Measurement) {
  const parts = requestTime(measurement)?.parts ?? [];
  return PARTS.flatMap(({ kind, name }) => {
    const same = parts.filter((part) => part.name === name);
    const sum = (read: (part: TimePart) => number): number =>
      same.reduce((total, part) => total + read(part), 0);
    return same.length === 0
      ? []
      : [
          {
            kind,
            part: sum(({ drawnMs }) => drawnMs).toPrecision(3),
            text: `${name} ${formatNumber(sum(({ ms }) => ms))} ms`,
          },
        ];
  });
}

/** A small drawing of values one after the other, with their intervals; a hollow one was not decided for. */
export function sparkline(
  runs: readonly { readonly value: number; readonly interval: Interval; readonly decision: string }[],
  label: string,
): string {
  const most = Math.max(...runs.map(({ value, interval: [, high] }) => high ?? value));
  if (!(most > 0)) return '';
  const step = (WIDTH - 2 * EDGE) / Math.max(1, runs.length - 1);
  const y = (value: number): string => (HEIGHT - EDGE - ((HEIGHT - 2 * EDGE) * value) / most).toFixed(1);
  const dots = runs.map(({ value, interval: [low, high], decision }, index) => {
    const x = (EDGE + index * step).toFixed(1);
    const isDecided = decision === 'deploy' || decision === 'keep';
    return {
      place: `${x},${y(value)}`,
      drawn: `<path d="M${x},${y(low ?? value)}V${y(high ?? value)}"/><circle${isDecided ? '' : ' class="open"'} cx="${x}" cy="${y(value)}" r="3"/>`,
    };
  });
  const line = `<polyline points="${dots.map(({ place }) => place).join(' ')}"/>`;
  return `<svg class="curve" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${2 * WIDTH}" height="${2 * HEIGHT}" role="img" aria-label="${label}">${line}${dots.map(({ drawn }) => drawn).join('')}</svg>`;
}
