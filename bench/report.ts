import { rank } from '../src/index.ts';
import { summaryPages } from '../src/report/pages.ts';
import { openPrinter } from '../src/report/printer.ts';
import { thousand } from '../test/support/export-cases.ts';
import { gridRun } from '../test/support/grid-run.ts';
import { measurement, run, trial } from '../test/support/run.ts';

/** The summary pages of 1,000 points and of 1,000 configurations: how long HTML takes, and how large it is; and the PDF of 328 points. */
const VARIANTS = 100;
const LOADS = 10;
const trials = Array.from({ length: VARIANTS }, (_, variant) =>
  trial(
    `m_config_${variant === 0 ? 'default' : variant - 1}`,
    Array.from({ length: LOADS }, (_load, load) => {
      const throughput = 100 + variant * 3 + load * 40 - load * load * (2 + (variant % 5));
      const concurrency = 2 ** load;
      return measurement(
        {
          perf_throughput: throughput,
          perf_latency_p99: (concurrency * 1300) / throughput,
          perf_latency_p50: (concurrency * 900) / throughput,
          perf_latency_avg: (concurrency * 1000) / throughput,
          perf_server_queue: (concurrency * 500) / throughput,
          perf_server_compute_input: 0.1,
          perf_server_compute_infer: 400 / throughput,
          perf_server_compute_output: 0.1,
          perf_executed_batch: 1 + load,
          cpu_used_ram: 120 + variant,
        },
        concurrency,
        { warnings: ['p99 rests on 100 requests, 459 are needed to be 99 % sure of its bound'] },
      );
    }),
    variant === 0
      ? {}
      : { assignment: { 'dynamic_batching.max_queue_delay_microseconds': variant * 10, max_batch_size: 4 } },
  ),
);
const recorded = run(...trials);
const start = performance.now();
const goal = {
  models: ['m'] as const,
  objectives: [{ tag: 'perf_throughput', weight: 1 }],
  constraints: [{ tag: 'perf_latency_p99', bound: 'max', value: 500 }] as const,
};
const [page] = await summaryPages(recorded, [rank(recorded, goal)]);
tell(`${VARIANTS * LOADS} points`, start, page!.html);

const before = performance.now();
const { run: many, rankings: ofMany } = thousand();
const [large] = await summaryPages(many, ofMany);
tell('1,000 configurations', before, large!.html);

function tell(what: string, fromMs: number, html: string): void {
  const seconds = (performance.now() - fromMs) / 1000;
  const megabytes = Buffer.byteLength(html) / 1e6;
  console.log(`${what}: ranked and written to HTML in ${seconds.toFixed(2)} s (bar: 3)`);
  console.log(`${megabytes.toFixed(2)} MB (bar: 2)`);
}

const { run: small, rankings } = gridRun(41, 8);
const began = performance.now();
const [onPaper] = await summaryPages(small, rankings);
await using printer = await openPrinter();
if (printer) {
  const { length } = await printer.print(onPaper!.paper!());
  const took = ((performance.now() - began) / 1000).toFixed(2);
  console.log(
    `328 points: PDF in ${took} s with the browser's start (bar: 3), ${(length / 1e6).toFixed(2)} MB`,
  );
}
