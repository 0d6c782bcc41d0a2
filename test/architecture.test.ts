import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

/** The steps of the pipeline, left to right; an import points to an earlier step, or to a later one's types. */
const STEPS = [
  'config',
  'space',
  'search',
  'variant',
  'server',
  'load',
  'measure',
  'store',
  'rank',
  'report',
  'terminal',
  'cli',
];
/** What every step may use: words and tools that know nothing of the pipeline. */
const GROUND = ['install', 'model-config', 'statistics'];
const GROUND_FILES = [
  'errors.ts',
  'exact-json.ts',
  'paths.ts',
  'wording.ts',
  'metric.ts',
  'redact.ts',
  'owner.ts',
  'scratch.ts',
  'timers.ts',
];
/** The pipeline put together; only the public API and the command line may use these. */
const WHOLE = [
  'loop.ts',
  'closing.ts',
  'plan.ts',
  'profile.ts',
  'put-load.ts',
  'trial.ts',
  'trial-failure.ts',
  'launch.ts',
  'preparation.ts',
  'time-budget.ts',
  'lanes.ts',
  'neighbours.ts',
  'events.ts',
  'index.ts',
];

const src = resolve('src');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

const imports: Import[] = files.flatMap((from) =>
  [
    ...readFileSync(join(src, from), 'utf8').matchAll(
      /^(import|export) (type )?([^;]*?)from '(\.[^']+)';/gms,
    ),
  ].map((match) => ({
    from,
    to: relative(src, resolve(dirname(join(src, from)), match[4]!)),
    typeOnly: match[2] !== undefined || /^\{\s*(type \w+,?\s*)+\}\s*$/.test(match[3]!),
  })),
);

const layer = (file: string): number => {
  const [top = ''] = file.split('/');
  if (GROUND.includes(top) || GROUND_FILES.includes(file)) return -1;
  if (WHOLE.includes(file)) return STEPS.indexOf('report') + 0.5;
  const step = STEPS.indexOf(top);
  if (step < 0) throw new Error(`src/${file} belongs to no step: name it in this test`);
  return step;
};

test('imports point to an earlier step, or to types', () => {
  const wrong = imports.filter(({ from, to, typeOnly }) => !typeOnly && layer(to) > layer(from));
  expect(wrong).toEqual([]);
});

test('the ground knows nothing of the pipeline', () => {
  const wrong = imports.filter(({ from, to }) => layer(from) === -1 && layer(to) > -1);
  expect(wrong).toEqual([]);
});

test('a file is one idea: past 300 lines is a question, past 400 it is to be split', () => {
  const long = files
    .filter((name) => !name.includes('/gen/'))
    .map((name) => [name, readFileSync(join(src, name), 'utf8').split('\n').length] as const)
    .filter(([, lines]) => lines > 400);
  expect(long.map(([name]) => name)).toEqual(['config/options.ts']);
});
