import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { folder } from '../support/experiment.ts';
import { newMark } from '../support/own-processes.ts';
import { missingLines, type PrintedCommand, printedCommands } from '../support/printed-commands.ts';

/**
 * Types every command that README.md, docs/ and examples/ print, in their order, in a copy of this repository. What measures
 * for minutes there has one load and short windows here; nothing else is changed.
 */

const DOCUMENTS = ['README.md', ...globSync(['docs/*.md', 'examples/**/*.md']).sort()];
const HERE = resolve('.');
const SHORT = 'precision: 50, time-limit: 0.25';
const MODEL = 'examples/text-recognition/model_repository/text_recognition/1/model.onnx';
/** What a command may end with that was typed right: whether a model is good, or better, is up to the machine. */
const FINE = [0, 3, 4, 6];
/** What a run of such short windows may come to, or not: ties, gains (a column), and a decision at all. */
const BY_CHANCE = /^= tied with|^Tied with|^# +Model Config|results\/best\//;
const MOST_MS = 900_000;

const clone = folder();
const mark = newMark();

beforeAll(() => {
  const tracked = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' })
    .split('\0')
    .filter(existsSync);
  for (const file of [...tracked, MODEL]) {
    mkdirSync(dirname(join(clone, file)), { recursive: true });
    copyFileSync(file, join(clone, file));
  }
  cpSync('dist', join(clone, 'dist'), { recursive: true });
  symlinkSync(join(HERE, 'node_modules'), join(clone, 'node_modules'));
  changed(
    'examples/text-recognition/perf.yaml',
    /\n {4}parameters:\n {6}concurrency: .*/,
    `\n    perf_analyzer_flags: { ${SHORT} }\n    parameters:\n      concurrency: [4]`,
  );
  changed('examples/nightly/perf.yaml', /time-limit: 20.*/, 'time-limit: 0.25');
  yourProject(join(clone, 'your-project'));
  mkdirSync(join(clone, 'model-analyzer-project/checkpoints'), { recursive: true });
  copyFileSync(
    'test/fixtures/model-analyzer/add_sub.ckpt',
    join(clone, 'model-analyzer-project/checkpoints/0.ckpt'),
  );
});

afterAll(() => rmSync(clone, { recursive: true, force: true }));

function changed(file: string, from: RegExp, to: string): void {
  const text = readFileSync(file, 'utf8');
  expect(text).toMatch(from);
  writeFileSync(join(clone, file), text.replace(from, to));
}

/** A folder as a newcomer has it: a model repository, and nothing of tma's. */
function yourProject(path: string): void {
  const model = join(path, 'models', 'my_model');
  mkdirSync(join(model, '1'), { recursive: true });
  copyFileSync('test/fixtures/models/add_sub/1/model.py', join(model, '1', 'model.py'));
  const tensor = (name: string): string => `{ name: "${name}" data_type: TYPE_FP32 dims: [ 16 ] }`;
  writeFileSync(
    join(model, 'config.pbtxt'),
    `name: "my_model"\nbackend: "python"\ninput [ ${tensor('INPUT0')}, ${tensor('INPUT1')} ]\noutput [ ${tensor('OUTPUT0')}, ${tensor('OUTPUT1')} ]\n`,
  );
}

/** Types a command into a shell of a user who has no browser and no display; the quick start may draw its PDF. */
async function type({
  text,
  folder: below,
  output,
}: PrintedCommand): Promise<{ code: number | null; said: string }> {
  const child = spawn('sh', ['-c', text], {
    cwd: join(clone, below),
    env: {
      ...process.env,
      ...mark.environment,
      // npx leaves links to the copy there.
      npm_config_cache: join(clone, '.npm'),
      DISPLAY: '',
      BROWSER: 'no-such-browser',
      ...(output === undefined && { PUPPETEER_EXECUTABLE_PATH: join(clone, 'no-browser') }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk));
  const code = await new Promise<number | null>((done) => child.on('close', done));
  return { code, said };
}

const printed = DOCUMENTS.flatMap((file) => printedCommands(file, readFileSync(file, 'utf8')));
/** Where tma is installed, `npx` in front of it changes nothing. */
const keyOf = ({ text, folder: below }: PrintedCommand): string => `${below}: ${text.replace(/^npx /, '')}`;
/** The first of those that are alike. */
const typed = [
  ...Map.groupBy(
    printed.filter(({ why }) => why === undefined),
    keyOf,
  ).values(),
].map(([first]) => first!);
const untyped = printed.filter(({ why }) => why !== undefined);

describe('every command that is printed can be typed', () => {
  test.each(typed)(
    '$place: $text',
    async (command) => {
      const { code, said } = await type(command);
      expect(FINE, said).toContain(code);
      expect(
        missingLines(
          (command.output ?? []).filter((line) => !BY_CHANCE.test(line)),
          said,
        ),
        said,
      ).toEqual([]);
      afterwards[command.text]?.(said);
    },
    MOST_MS,
  );

  test('what is not typed is told', () => {
    const lines = untyped.map(({ place, text, why }) => `  ${place}: ${text}\n    ${why}`);
    console.log(`not typed, ${untyped.length} of ${printed.length}:\n${lines.join('\n')}`);
    expect(typed.length).toBeGreaterThan(25);
  });

  test('nothing of it runs on', () => {
    expect(mark.processes()).toEqual([]);
  });
});

/** What a newcomer finds after some of them. */
const afterwards: Readonly<Record<string, (said: string) => void>> = {
  'tma init': () => {
    expect(readFileSync(join(clone, 'your-project/perf.yaml'), 'utf8')).toContain('my_model:');
    appendFileSync(join(clone, 'your-project/perf.yaml'), `\nperf_analyzer_flags: { ${SHORT} }\n`);
  },
  'tma profile -f perf.yaml --max-minutes 3 --open': (said) => {
    expect(said).toMatch(
      /--open: file:\/\/.*result_summary\.html was not opened: there is no no-such-browser; \$BROWSER names another/,
    );
    expect(
      existsSync(join(clone, 'your-project/tma-out/reports/summaries/my_model/result_summary.html')),
    ).toBe(true);
  },
};
