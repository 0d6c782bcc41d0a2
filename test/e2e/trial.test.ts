import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folder } from '../support/experiment.ts';
import { expectThrough, nothingLeft, project, startPiped, tma } from './tma.ts';

const lines = (output: string): Record<string, never>[] =>
  output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));

test('what failed in a run is repeated from the spec that it names; with a change to it, it works', async () => {
  const cwd = project('failing');
  const { output } = await tma(cwd, 'profile', '-f', 'perf.yaml');
  expect(output).toContain('the tokenizer has no such word');
  const spec = join(cwd, 'checkpoints', 'trials', 'failing_config_default.json');
  expect(existsSync(spec)).toBe(true);
  const again = await tma(cwd, 'trial', '--spec', spec);
  expect(again.code).toBe(3);
  expect(lines(again.output).find(({ kind }) => kind === 'point')).toMatchObject({
    kind: 'point',
    outcome: { state: 'failed', cause: expect.stringContaining('the tokenizer has no such word') },
  });
  const json = JSON.parse(readFileSync(spec, 'utf8'));
  json.models[0] = { ...json.models[0], name: 'no_config', config: undefined, assignment: {} };
  for (const { streams } of json.points) streams[0].model = 'no_config';
  const other = join(folder(), 'spec.json');
  writeFileSync(other, JSON.stringify(json));
  const { code, output: told } = await tma(cwd, 'trial', '--spec', other);
  expect(code, told).toBe(0);
  expect(lines(told).map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['open', 'window', 'point', 'end']),
  );
  expect(await nothingLeft()).toEqual([]);
});

/** A spec without points, of a model that works. */
async function specWithoutPoints(): Promise<string> {
  const cwd = project('failing');
  await tma(cwd, 'profile', '-f', 'perf.yaml');
  const json = JSON.parse(readFileSync(join(cwd, 'checkpoints/trials/failing_config_default.json'), 'utf8'));
  json.models[0] = { ...json.models[0], name: 'no_config', config: undefined, assignment: {} };
  const { points: _, ...spec } = json;
  const file = join(cwd, 'spec.json');
  writeFileSync(file, JSON.stringify(spec));
  return file;
}

const request = (inFlight: number): string => {
  const load = { kind: 'concurrency', inFlight };
  return JSON.stringify({ measure: { point: { streams: [{ model: 'no_config', load, batchSize: 1 }] } } });
};

describe('a spec without points takes them from its standard input', () => {
  test('that a pipe has had, and closed, long before the server is up', async () => {
    const { child, ended } = startPiped(folder(), 'trial', '--spec', await specWithoutPoints());
    child.stdin!.end(`${request(1)}\n${request(2)}`);
    const { code, output } = await ended;
    expect(code, output).toBe(0);
    expect(lines(output).filter(({ kind }) => kind === 'point')).toHaveLength(2);
    expect(lines(output).at(-1)).toMatchObject({ kind: 'end' });
  });

  test('that has nothing: the trial is closed, and nothing was measured', async () => {
    const { code, output } = await tma(folder(), 'trial', '--spec', await specWithoutPoints());
    expect(code, output).toBe(3);
    expect(lines(output).map(({ kind }) => kind)).toEqual(expect.arrayContaining(['open', 'end']));
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('that is open: %s ends it at once', async (signal) => {
    const running = startPiped(folder(), 'trial', '--spec', await specWithoutPoints());
    await running.printed('"kind":"open"');
    running.child.kill(signal);
    const { code, output } = await running.ended;
    expect(code, output).toBe(130);
    expect(lines(output).at(-1)).toMatchObject({ kind: 'end' });
    expect(await nothingLeft()).toEqual([]);
  });
});

test('profile --json: what happens, a line of JSON each, on the standard output alone', async () => {
  const cwd = project('no_config');
  const { code, output } = await tma(cwd, 'profile', '-f', 'perf.yaml', '--json', '--quiet');
  expectThrough({ code, output });
  const events = lines(output);
  expect(output.trim().split('\n')).toHaveLength(events.length);
  const kinds = new Set(events.map(({ kind }) => kind));
  for (const kind of ['run', 'model', 'phase', 'window', 'point', 'trial', 'search', 'end'])
    expect(kinds).toContain(kind);
  for (const event of events) expect(event).toMatchObject({ at: expect.stringMatching(/^\d{4}-.*Z$/) });
});
