import { mean, median, sampleStandardDeviation } from 'simple-statistics';
import { byPoint, meanOf, pointOf, type Row } from './grid.ts';

const PERCENT = 100;
const percent = (share: number): string => `${(PERCENT * share).toFixed(1)} %`;

/** Metrics of which the scatter is told. */
const SCATTERING = [
  'perf_throughput',
  'perf_latency_avg',
  'perf_latency_p50',
  'perf_latency_p95',
  'perf_latency_p99',
  'perf_server_queue',
  'perf_server_compute_infer',
  'perf_executed_batch',
];
/** Of these also by load. */
const BY_LOAD = ['perf_throughput', 'perf_latency_avg', 'perf_latency_p99'];

/** Half of a normal distribution lies within so many standard deviations. */
const MEDIAN_OF_NORMAL = 0.6745;
/** What lies farther off than so many standard deviations, by the median, is far off: of a normal distribution 0.3 %. */
const FAR = 3;
/** A load at which a figure is better or worse by less than this is as good as another. */
const NOTABLE = 0.05;

/** Two looks at a point on different starts of the server: the logarithm of what the later saw over what the earlier did. */
interface Pair {
  readonly variant: string;
  readonly level: number;
  readonly log: number;
}

/** A row's configuration, as a reader of perf.yaml knows it. */
const settingsText = ({ settings }: Row): string =>
  [
    settings['instance_group'],
    `batch ${settings['max_batch_size']}`,
    `delay ${settings['dynamic_batching']}`,
  ].join(', ');

function pairsOf(rows: readonly Row[], tag: string): Pair[] {
  return [...byPoint(rows).values()].flatMap((looks) => {
    const known = looks.filter((look) => look.start !== undefined && (look.values[tag] ?? 0) > 0);
    return known.slice(1).flatMap((look, index): Pair[] => {
      const before = known[index]!;
      if (before.start === look.start) return [];
      const { variant, level, values } = look;
      return [{ variant, level, log: Math.log(values[tag]! / before.values[tag]!) }];
    });
  });
}

/** Standard deviation of one look, by differences of two. */
const scatterOf = (pairs: readonly Pair[]): number => Math.sqrt(mean(pairs.map(({ log }) => log ** 2)) / 2);

/** Of the variance of such a difference, what all loads of one start share. */
function sharedOf(pairs: readonly Pair[]): number {
  const products = [...Map.groupBy(pairs, ({ variant }) => variant).values()].flatMap((of) =>
    of.flatMap((a, index) => of.slice(index + 1).map((b) => a.log * b.log)),
  );
  return products.length > 0 ? mean(products) / (2 * scatterOf(pairs) ** 2) : 0;
}

/** How a metric scatters between starts of the server. */
export interface Scattering {
  readonly pairs: number;
  /** Standard deviation of the logarithm of one look; the same by the median, which far looks do not move. */
  readonly deviation: number;
  readonly byMedian: number;
  /** Share of differences farther off than three standard deviations by the median; the largest, as a factor. */
  readonly far: number;
  readonly largest: number;
  /** By how much later starts saw more, in the mean. */
  readonly drift: number;
  /** Of the variance, the part that all looks at one start share. */
  readonly shared: number;
  /** What the looks said of their own scatter: root of the mean square, and median; undefined where they said nothing. */
  readonly told: readonly [number, number] | undefined;
}

/** undefined: no point was looked at on two starts. */
export function scatteringOf(rows: readonly Row[], tag: string): Scattering | undefined {
  const pairs = pairsOf(rows, tag);
  if (pairs.length === 0) return undefined;
  const distances = pairs.map(({ log }) => Math.abs(log));
  const byMedian = median(distances) / MEDIAN_OF_NORMAL / Math.SQRT2;
  const told = rows.flatMap(({ deviations }) => deviations?.[tag] ?? []);
  return {
    pairs: pairs.length,
    deviation: scatterOf(pairs),
    byMedian,
    far: mean(distances.map((distance) => (distance > FAR * Math.SQRT2 * byMedian ? 1 : 0))),
    largest: Math.exp(Math.max(...distances)),
    drift: Math.exp(mean(pairs.map(({ log }) => log))) - 1,
    shared: sharedOf(pairs),
    told: told.length > 0 ? [Math.sqrt(mean(told.map((value) => value ** 2))), median(told)] : undefined,
  };
}

/** A table as Markdown. */
const table = (head: readonly string[], lines: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

function scatterTable(rows: readonly Row[]): string {
  return table(
    [
      'metric',
      'pairs',
      'sd',
      'by median',
      'beyond 3 of these',
      'largest',
      'later starts',
      'shared by a start',
      'looks told (rms, median)',
    ],
    SCATTERING.flatMap((tag) => {
      const found = scatteringOf(rows, tag);
      if (!found) return [];
      const { pairs, deviation, byMedian, far, largest, drift, shared, told } = found;
      return [
        [
          ...[tag, String(pairs), percent(deviation), percent(byMedian), percent(far)],
          ...[
            `x ${largest.toFixed(2)}`,
            percent(drift),
            percent(shared),
            told ? told.map(percent).join(', ') : '-',
          ],
        ],
      ];
    }),
  );
}

function levelTable(rows: readonly Row[]): string {
  const levels = [...new Set(rows.map(({ level }) => level))].sort((a, b) => a - b);
  return table(
    ['sd at load', ...levels.map(String)],
    BY_LOAD.map((tag) => {
      const pairs = pairsOf(rows, tag);
      const at = (level: number): string => {
        const own = pairs.filter((pair) => pair.level === level);
        return own.length > 0 ? percent(scatterOf(own)) : '-';
      };
      return [tag, ...levels.map(at)];
    }),
  );
}

/** The loads of each configuration upwards, each point the mean of its looks. */
const curvesOf = (rows: readonly Row[]): Row[][] =>
  [...Map.groupBy(meanOf(rows), ({ variant, batchSize }) => `${variant} ${batchSize}`).values()].map(
    (curve) =>
      curve.filter(({ values }) => values['perf_throughput'] !== undefined).sort((a, b) => a.level - b.level),
  );

/** Where p99 falls farthest from one load to a higher one. */
interface Fall {
  readonly from: Row;
  readonly to: Row;
  /** Share that it falls by. */
  readonly by: number;
}

/** Where p99 falls by more than noise explains before it rises, or between rises. */
export function fallsOf(rows: readonly Row[]): Fall[] {
  const noise = scatteringOf(rows, 'perf_latency_p99')?.deviation ?? 0;
  const looks = byPoint(rows);
  const count = (row: Row): number => looks.get(pointOf(row))!.length;
  return curvesOf(rows).flatMap((curve) => {
    const falls = curve.flatMap((from, index) =>
      curve.slice(index + 1).flatMap((to): Fall[] => {
        const [a = 0, b = 0] = [from, to].map(({ values }) => values['perf_latency_p99']);
        const doubt = 2 * noise * Math.sqrt(1 / count(from) + 1 / count(to));
        return Math.log(a / b) > Math.max(NOTABLE, doubt) ? [{ from, to, by: 1 - b / a }] : [];
      }),
    );
    return falls.sort((a, b) => b.by - a.by).slice(0, 1);
  });
}

const batchText = ({ values }: Row): string => values['perf_executed_batch']?.toFixed(1) ?? '-';

function fallTable(falls: readonly Fall[]): string {
  return table(
    ['configuration', 'load', 'p99, ms', 'executed batch'],
    falls.map(({ from, to }) => [
      settingsText(from),
      `${from.level} -> ${to.level}`,
      [from, to].map(({ values }) => values['perf_latency_p99']?.toFixed(1)).join(' -> '),
      `${batchText(from)} -> ${batchText(to)}`,
    ]),
  );
}

/** How looks at a grid's points scatter, and how its figures run with the load, as Markdown. */
export function description(rows: readonly Row[]): string {
  const curves = curvesOf(rows);
  const points = byPoint(rows);
  const twice = [...points.values()].filter(
    (looks) => new Set(looks.map(({ start }) => start)).size > 1,
  ).length;
  const falls = fallsOf(rows);
  const growing = curves.filter((curve) => {
    const last = curve.at(-1)?.values['perf_throughput'] ?? 0;
    const before = Math.max(0, ...curve.slice(0, -1).map(({ values }) => values['perf_throughput'] ?? 0));
    return last > (1 + NOTABLE) * before;
  });
  const steep = growing.map((curve) => {
    const [before, last] = curve.slice(-2).map(({ values }) => values['perf_throughput']!);
    return last! / before!;
  });
  return [
    `${points.size} points of ${curves.length} configurations, ${twice} of them looked at on two starts or more`,
    ...(twice > 0 ? [scatterTable(rows), levelTable(rows)] : []),
    `p99 falls with more load in ${falls.length} of ${curves.length} configurations, by more than noise explains`,
    ...(falls.length > 0 ? [fallTable(falls)] : []),
    `Throughput still grows at the last load, by more than ${NOTABLE * PERCENT} %, in ${growing.length} of ${curves.length} configurations${
      growing.length > 0 ? `; by ${percent(median(steep) - 1)} in the median over the load before` : ''
    }${growing.length > 1 ? ` (standard deviation ${percent(sampleStandardDeviation(steep))})` : ''}`,
  ].join('\n\n');
}
