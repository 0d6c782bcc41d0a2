import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { lastNight } from '../examples/library/compare.ts';
import { points } from '../examples/library/journal.ts';
import { decide } from '../examples/library/profile.ts';
import { report } from '../examples/library/report.ts';
import { heaviestLoad } from '../examples/library/search.ts';
import { withExamples } from '../scripts/docs/library-page.ts';
import * as library from '../src/index.ts';
import { searchContract } from './contract/search.ts';
import { folder } from './support/experiment.ts';
import { FakeLauncher, fakeGenerator } from './support/fakes.ts';

const PAGE = readFileSync('docs/library.md', 'utf8');
const README = readFileSync('README.md', 'utf8');

describe('the page of the library', () => {
  test.each(
    [...PAGE.matchAll(/from '([^']+)'/g), ...README.matchAll(/from '([^']+)'/g)].map(([, name]) => name),
  )('imports what a user has: %s', (name) => {
    expect(name).toMatch(/^(triton-model-analyzer$|node:)/);
  });

  test('the example of the README is what the page has: names that index.ts exports, a goal for each model', () => {
    const [, code] = /```ts\n([\s\S]*?)```/.exec(README)!;
    const names = /import \{([^}]*)\}/
      .exec(code!)![1]!
      .split(',')
      .map((name) => name.trim());
    for (const name of names) expect(Object.keys(library)).toContain(name);
    expect(code).toContain('rank(run, goalOfPlan(model))');
  });

  test('holds the examples as they are in their files, and no other code', () => {
    expect(PAGE).toBe(withExamples(PAGE));
    const files = [...PAGE.matchAll(/^<!-- examples\/library\/(.+) -->\n```ts$/gm)].map(([, name]) => name);
    expect(files.toSorted()).toEqual(readdirSync('examples/library').toSorted());
    expect(PAGE.match(/^```(?:ts|js|typescript|javascript)/gm)).toHaveLength(files.length);
  });

  test('takes in what has changed in a file, once', () => {
    const page = '# Page\n\n<!-- examples/library/journal.ts -->\n\nEnd\n';
    const filled = withExamples(page);
    expect(filled).toContain(readFileSync('examples/library/journal.ts', 'utf8'));
    expect(filled).toMatch(/^# Page\n\n<!-- .* -->\n```ts\nimport[\s\S]*^```\n\nEnd\n$/m);
    expect(withExamples(filled.replace('readJournal', 'readNothing'))).toBe(filled);
  });
});

describe('the examples do what the page says', () => {
  searchContract('heaviest load', heaviestLoad);

  test('a run with a search of its own, its report and its journal', async () => {
    const cwd = folder();
    mkdirSync(join(cwd, 'models/m/1'), { recursive: true });
    writeFileSync(join(cwd, 'models/m/1/model.py'), '');
    writeFileSync(join(cwd, 'models/m/config.pbtxt'), 'name: "m"\nbackend: "python"\nmax_batch_size: 4\n');
    writeFileSync(
      join(cwd, 'perf.yaml'),
      [
        `model_repository: ${cwd}/models`,
        ...['checkpoint_directory', 'export_path', 'output_model_repository_path'].map(
          (key) => `${key}: ${cwd}/${key}`,
        ),
        'profile_models: {m: {model_config_parameters: {max_batch_size: [1, 2]}, parameters: {concurrency: [1, 8]}}}',
      ].join('\n'),
    );
    const told = vi.spyOn(console, 'log').mockImplementation(() => {});
    const fakes = { launcher: new FakeLauncher(), generator: fakeGenerator(), search: heaviestLoad };
    const [sentence] = await decide(join(cwd, 'perf.yaml'), fakes);
    const lines = told.mock.calls.map(([line]) => line);
    told.mockRestore();

    expect(lines).toContain('1/3 m_config_default: 80 infer/s');
    expect(lines).toContain('m_config_1: done');
    const recorded = points(join(cwd, 'checkpoint_directory'));
    const heaviest = 'm_config_0, 8 in flight: 80 infer/s, p99 100 ms';
    expect(recorded).toContain(heaviest);
    const files = await report(join(cwd, 'checkpoint_directory'), join(cwd, 'report'));
    expect(readFileSync(join(cwd, 'report/results/sentences.txt'), 'utf8')).toBe(`${sentence}\n`);
    expect(files).toContain(join(cwd, 'report/results/results.json'));
    expect(files.every((file) => existsSync(file))).toBe(true);

    // The journal holds what an earlier session measured beside what the last one did.
    const yaml = join(cwd, 'perf.yaml');
    writeFileSync(yaml, readFileSync(yaml, 'utf8').replace('[1, 8]', '[4]'));
    const quiet = vi.spyOn(console, 'log').mockImplementation(() => {});
    await decide(yaml, fakes);
    quiet.mockRestore();
    const both = points(join(cwd, 'checkpoint_directory'));
    expect(both).toContain(heaviest);
    expect(both).toContain('m_config_0, 4 in flight: 40 infer/s, p99 100 ms');

    // Two sessions with other loads have nothing in common that could be worse.
    expect(lastNight(join(cwd, 'checkpoint_directory'))).toMatchObject({ verdict: 'unknown', failed: [] });
  });
});
