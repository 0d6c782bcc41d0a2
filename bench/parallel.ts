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
        readonly point: unknown;
        readonly whole: { readonly values: { readonly perf_throughput: number } };
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
  // 3: what was measured does not suffice to decide, which is not what is compared here.
  if (run.status !== 0 && run.status !== 3) throw new Error(`${name} ended with ${run.status}`);
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
                `${name} ${JSON.stringify(measurement.point)}`,
                measurement.whole.values.perf_throughput,
              ] as const,
            ]
          : [],
      ),
    ),
  );

const hasGpu = spawnSync('nvidia-smi', ['-L']).status === 0;
const alone = hasGpu ? ['--gpus', '0'] : [];
const single = profile('one at a time', ...alone);
const several = profile(`${count} at once`, '--parallel', count);
const repeated = profile('one at a time again', ...alone);

/** How far the throughputs of two runs agree, over their points. */
function agreement(first: Results, second: Results): string {
  const [before, after] = [throughputs(first), throughputs(second)];
  const ratios = [...before]
    .flatMap(([point, value]) => (after.has(point) ? [after.get(point)! / value] : []))
    .sort((a, b) => a - b);
  const at = (share: number): string =>
    (ratios[Math.round(share * (ratios.length - 1))] ?? Number.NaN).toFixed(2);
  return `median ${at(0.5)}, middle half ${at(0.25)} to ${at(0.75)}, all ${at(0)} to ${at(1)} (${ratios.length} points)`;
}

const again = several.results.trials.flatMap(({ points }) =>
  points.filter(({ measurement }) => measurement?.againAlone !== undefined),
).length;
const winner = ({ models }: Results): string => models[0]?.winner?.variant ?? 'none';
const mean = (single.seconds + repeated.seconds) / 2;
console.log(`one at a time          ${single.seconds.toFixed(1)} s, again ${repeated.seconds.toFixed(1)} s`);
console.log(
  `${count} at once              ${several.seconds.toFixed(1)} s, ${again} points measured again alone`,
);
console.log(`faster by              ${(mean / several.seconds).toFixed(2)} (bar 1.8 for 2)`);
console.log(`throughput, ${count} at once / one at a time:   ${agreement(single.results, several.results)}`);
console.log(`throughput, one at a time, again / first:  ${agreement(single.results, repeated.results)}`);
console.log(
  `winner                 ${[single, several, repeated].map(({ results }) => winner(results)).join(' / ')}`,
);
