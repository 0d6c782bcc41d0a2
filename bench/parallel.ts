import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Several variants at once against one after the other, on the same work: time, and how far the figures agree.
 *   node bench/parallel.ts PERF_YAML N [flags of tma profile]
 * One at a time has one GPU (the first), as each of the N has.
 */
const [file = 'examples/text-recognition/perf.yaml', count = '2', ...flags] = process.argv.slice(2);
const TMA = resolve('dist/cli/main.js');

interface Results {
  readonly models: readonly { readonly winner: { readonly variant: string } | null }[];
  readonly trials: readonly {
    readonly name: string;
    readonly points: readonly {
      readonly state: string;
      readonly measurement?: {
        readonly point: { readonly concurrency: number; readonly batchSize: number };
        readonly values: { readonly perf_throughput: number };
        readonly againAlone?: string;
      };
    }[];
  }[];
}

function profile(name: string, ...more: string[]): { seconds: number; results: Results } {
  const out = mkdtempSync(join(tmpdir(), 'tma-bench-'));
  const own = ['--export-path', out, '--checkpoint-directory', join(out, 'checkpoints')];
  const args = [TMA, 'profile', '-f', file, ...own, '--output-model-repository-path', join(out, 'variants')];
  const start = performance.now();
  const run = spawnSync(process.execPath, [...args, ...flags, ...more], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const seconds = (performance.now() - start) / 1000;
  if (run.status !== 0) throw new Error(`${name} ended with ${run.status}`);
  return {
    seconds,
    results: JSON.parse(readFileSync(join(out, 'results', 'results.json'), 'utf8')) as Results,
  };
}

const throughputs = ({ trials }: Results): Map<string, number> =>
  new Map(
    trials.flatMap(({ name, points }) =>
      points.flatMap(({ measurement }) =>
        measurement
          ? [
              [
                `${name} ${measurement.point.concurrency} ${measurement.point.batchSize}`,
                measurement.values.perf_throughput,
              ] as const,
            ]
          : [],
      ),
    ),
  );

const hasGpu = spawnSync('nvidia-smi', ['-L']).status === 0;
const single = profile('one at a time', ...(hasGpu ? ['--gpus', '0'] : []));
const several = profile(`${count} at once`, '--parallel', count);
const [before, after] = [throughputs(single.results), throughputs(several.results)];
const ratios = [...before]
  .flatMap(([point, value]) => (after.has(point) ? [after.get(point)! / value] : []))
  .sort((a, b) => a - b);
const at = (share: number): string =>
  (ratios[Math.round(share * (ratios.length - 1))] ?? Number.NaN).toFixed(2);
const again = several.results.trials.flatMap(({ points }) =>
  points.filter(({ measurement }) => measurement?.againAlone !== undefined),
).length;
console.log(`one at a time   ${single.seconds.toFixed(1)} s`);
console.log(`${count} at once       ${several.seconds.toFixed(1)} s`);
console.log(`faster by       ${(single.seconds / several.seconds).toFixed(2)} (bar 1.8 for 2)`);
console.log(
  `throughput at once / one at a time, ${ratios.length} points: median ${at(0.5)}, from ${at(0)} to ${at(1)}; ${again} measured again alone`,
);
console.log(
  `winner          ${single.results.models[0]?.winner?.variant} / ${several.results.models[0]?.winner?.variant}`,
);
