import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { folder } from '../support/experiment.ts';
import { pacedModel } from '../support/paced-model.ts';

const SCRIPT = resolve('examples/nightly/nightly.sh');

const PERF = `model_repository: models
profile_models:
  paced:
    parameters: { concurrency: 1 }
    perf_analyzer_flags: { time-limit: 5 }
run_config_search_disable: true
`;

/** A folder with the model and its perf.yaml. */
function project(): { cwd: string; pace(seconds: number): void } {
  const cwd = folder();
  writeFileSync(join(cwd, 'perf.yaml'), PERF);
  return { cwd, pace: pacedModel(cwd) };
}

/** A night in a folder; its name, what it answers and says. */
async function night(cwd: string, environment: Readonly<Record<string, string>> = {}) {
  // From somewhere else, as cron starts it.
  const child = spawn('sh', [SCRIPT, join(cwd, 'perf.yaml'), join(cwd, 'nights')], {
    cwd: '/',
    env: { ...process.env, PUPPETEER_EXECUTABLE_PATH: '/nowhere', ...environment },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk;
    });
  const [code] = await once(child, 'close');
  const last = readFileSync(join(cwd, 'nights', 'last'), 'utf8').trim();
  return { code, output, name: last, path: (name: string) => join(cwd, 'nights', last, name) };
}

const base = (cwd: string): string => readFileSync(join(cwd, 'nights', 'base'), 'utf8').trim();

const folders = (cwd: string): string[] =>
  readdirSync(join(cwd, 'nights')).filter((name) => /^\d{4}-/.test(name));

test('a model that got slower between two nights: exit code 6, a page, and it is told again until it is mended', async () => {
  const { cwd, pace } = project();
  const first = await night(cwd);
  expect(first.code, first.output).toBe(0);
  expect(readFileSync(first.path('exit-code'), 'utf8')).toBe('0\n');
  expect(base(cwd)).toBe(first.name);
  pace(0.06);
  const slower = await night(cwd);
  expect(slower.code, slower.output).toBe(6);
  expect(readFileSync(slower.path('exit-code'), 'utf8')).toBe('6\n');
  const page = readFileSync(slower.path('reports/comparison.html'), 'utf8');
  expect(page).toContain('paced');
  expect(page).toMatch(/worse/i);
  // The one before stays what is compared with, and is kept, though only one night is to be.
  const again = await night(cwd, { KEEP_NIGHTS: '1' });
  expect(again.code, again.output).toBe(6);
  expect(base(cwd)).toBe(first.name);
  expect(folders(cwd)).toEqual([first.name, again.name]);
  pace(0.02);
  const mended = await night(cwd, { FAIL_ON: 'perf_throughput < -50%' });
  expect(mended.code, mended.output).toBe(0);
  expect(base(cwd)).toBe(mended.name);
});

describe('a night that does not come to its end', () => {
  test('wrong input: its code, and it is not compared with', async () => {
    const { cwd } = project();
    writeFileSync(join(cwd, 'perf.yaml'), `${PERF}concurency: 3\n`);
    const { code, output } = await night(cwd);
    expect(code, output).toBe(2);
    expect(existsSync(join(cwd, 'nights', 'base'))).toBe(false);
  });

  test('one that still runs is left alone', async () => {
    const { cwd } = project();
    mkdirSync(join(cwd, 'nights'));
    writeFileSync(join(cwd, 'nights', 'last'), 'none\n');
    const holder = spawn('flock', [join(cwd, 'nights', 'lock'), 'sleep', '60'], { detached: true });
    try {
      await sleep(500);
      const { code, output } = await night(cwd);
      expect(code).toBe(5);
      expect(output).toContain('the night before still runs');
      expect(folders(cwd)).toEqual([]);
    } finally {
      process.kill(-holder.pid!, 'SIGKILL');
    }
  });
});
