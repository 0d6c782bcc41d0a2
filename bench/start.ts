import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/**
 * How long it takes until tma has done the little that there is to do: `tma --help` (at most 150 ms) and `tma plan` of
 * the example (at most 400 ms), beside a Node that does nothing. The median of 20 runs of each, in turn, so that a busy
 * machine slows all of them; CPU time is what a busy machine changes least. As root, `chrt -r 10 npm run bench:start` has
 * the processor to itself.
 */
const RUNS = Number(process.argv[2] ?? 20);
const ROOT = join(import.meta.dirname, '..');
const USAGE = join(import.meta.dirname, 'start/usage.cjs');
const TMA = join(ROOT, 'dist/cli/main.js');
const CASES = [
  { name: 'node -e 0', args: ['-e', '0'] },
  { name: 'tma --help', args: [TMA, '--help'], mostMs: 150 },
  { name: 'tma plan', args: [TMA, 'plan', '-f', 'examples/text-recognition/perf.yaml'], mostMs: 400 },
];

interface Spent {
  readonly wallMs: number;
  readonly cpuMs: number;
}

function once(args: readonly string[]): Spent {
  const begin = performance.now();
  const { status, output } = spawnSync(process.execPath, ['--require', USAGE, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    encoding: 'utf8',
  });
  const wallMs = performance.now() - begin;
  if (status !== 0) throw new Error(`${args.join(' ')} exited with ${status}`);
  return { wallMs, cpuMs: Number(output[3]) / 1000 };
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

const spent = CASES.map((): Spent[] => []);
for (let run = 0; run < RUNS; run++) {
  for (const [index, { args }] of CASES.entries()) spent[index]!.push(once(args));
}
const bare = median(spent[0]!.map(({ cpuMs }) => cpuMs));
console.log(`Node ${process.version}, the median of ${RUNS} runs (and the fastest)`);
for (const [index, { name, mostMs }] of CASES.entries()) {
  const [wall, cpu] = [spent[index]!.map(({ wallMs }) => wallMs), spent[index]!.map(({ cpuMs }) => cpuMs)];
  const beside = index > 0 ? `, ${(median(cpu) / bare).toFixed(1)} times a bare Node's` : '';
  const goal = mostMs === undefined ? '' : `; the aim is ${mostMs} ms`;
  console.log(
    `${name.padEnd(10)}  ${median(wall).toFixed(0)} ms (${Math.min(...wall).toFixed(0)}), CPU ${median(cpu).toFixed(0)} ms${beside}${goal}`,
  );
}
