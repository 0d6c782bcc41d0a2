import { spawnSync } from 'node:child_process';
import { putOutput } from './printed-output.ts';

const MARK = '<!-- output: npm run quickstart -->';
const COMMAND = ['src/cli/main.ts', 'profile', '-f', 'examples/text-recognition/perf.yaml', '--fresh'];

/** Measures the quick start anew, and puts what it prints into the README, shortened. */
export async function quickStart(): Promise<string> {
  const { stdout, stderr, status } = spawnSync(process.execPath, COMMAND, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the quick start ended with ${status}:\n${stdout}${stderr}`);
  putOutput('README.md', MARK, shortened(stdout));
  return 'README.md has what the quick start prints';
}

/** The first three points and the last, and everything behind them; not that a point is still being measured. */
function shortened(output: string): string {
  const lines = output
    .trim()
    .split('\n')
    .filter((line) => !line.includes(': measuring for '));
  const first = lines.findIndex((line) => line.startsWith('['));
  const last = lines.findLastIndex((line) => line.startsWith('['));
  return [...lines.slice(0, first + 3), '...', ...lines.slice(last)].join('\n');
}
