import { type Figures, median, startPerfAnalyzer, startTriton, tmaPoint } from './tools.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 5);
/** MODELS=add_sub,gpu chooses by key. */
const MODELS = [
  { key: 'add_sub', repository: 'test/fixtures/models', name: 'add_sub', shapes: ['INPUT0:16', 'INPUT1:16'] },
  {
    key: 'ocr',
    repository: 'examples/text-recognition/model_repository',
    name: 'text_recognition',
    shapes: ['x:3,48,160'],
  },
  {
    key: 'gpu',
    repository: 'examples/text-recognition-h100/model_repository',
    name: 'text_recognition',
    shapes: [],
  },
];
const CHOSEN = (process.env['MODELS'] ?? 'add_sub,ocr').split(',');
const LEVELS = ['1', '2', '4', '8'];
/** Three windows of each, whether they agree or not: on the same terms. */
const WINDOWS = ['-p', '1000', '-s', '1000', '-r', '3'];
const TAGS = ['throughput', 'p50', 'p99', 'queue', 'infer'] as const;
/** How far the tools may be apart, as a share. */
const BARS = { throughput: 0.03, p50: 0.05, p99: 0.05, queue: 0.05, infer: 0.05 };

/** The two tools on the same server, in turn; equal within the bar, or within what each differs from itself. */
export async function agreement(say: (text: string) => void) {
  const results = [];
  for (const { repository, name, shapes } of MODELS.filter(({ key }) => CHOSEN.includes(key))) {
    using server = await startTriton(repository, [name]);
    for (const protocol of ['http', 'grpc'] as const) {
      for (const level of LEVELS) {
        const url = `127.0.0.1:${server.ports[protocol]}`;
        const args = ['-m', name, '-i', protocol, '-u', url, ...WINDOWS];
        const load = [
          '--concurrency-range',
          `${level}:${level}`,
          ...shapes.flatMap((shape) => ['--shape', shape]),
        ];
        const [ours, theirs]: [Figures[], Figures[]] = [[], []];
        for (let round = 0; round < ROUNDS; round++) {
          ours.push(ofTma(await tmaPoint(...args, ...load)));
          theirs.push(ofPerfAnalyzer(await startPerfAnalyzer(...args, ...load).output));
        }
        const cells = TAGS.map((tag) => compare(tag, ours, theirs));
        results.push({ model: name, protocol, concurrency: Number(level), cells });
        say(
          `${name}, ${protocol}, ${level} in flight: ${cells.map(({ tag, ratio, spread, agrees }) => `${tag} ${ratio.toFixed(3)} (spread ${(spread * 100).toFixed(0)} %)${agrees ? '' : ' APART'}`).join(', ')}`,
        );
      }
    }
  }
  const apart = results.flatMap(({ cells }) => cells).filter(({ agrees }) => !agrees).length;
  say(`${apart} of ${results.length * TAGS.length} figures are apart`);
  return results;
}

function compare(tag: (typeof TAGS)[number], ours: readonly Figures[], theirs: readonly Figures[]) {
  const values = (runs: readonly Figures[]): number[] => runs.map((run) => run[tag]);
  const spreadOf = (runs: readonly Figures[]): number =>
    (Math.max(...values(runs)) - Math.min(...values(runs))) / median(values(runs));
  const ratio = median(values(ours)) / median(values(theirs));
  const spread = Math.max(spreadOf(ours), spreadOf(theirs));
  // Times below a hundredth of a millisecond are printed to the microsecond only.
  const tiny = median(values(theirs)) < 0.05 && tag !== 'throughput';
  return { tag, ratio, spread, agrees: tiny || Math.abs(ratio - 1) <= Math.max(BARS[tag], spread) };
}

const ofTma = (point: Record<string, number>): Figures => ({
  throughput: point['perf_throughput']!,
  p50: point['perf_latency_p50']!,
  p99: point['perf_latency_p99']!,
  queue: point['perf_server_queue']!,
  infer: point['perf_server_compute_infer']!,
});

function ofPerfAnalyzer(text: string): Figures {
  const us = (pattern: RegExp): number => Number(pattern.exec(text)?.[1]) / 1000;
  return {
    throughput: Number(/Throughput: (\S+)/.exec(text)?.[1]),
    p50: us(/p50 latency: (\d+)/),
    p99: us(/p99 latency: (\d+)/),
    queue: us(/queue (\d+) usec/),
    infer: us(/compute infer (\d+) usec/),
  };
}
