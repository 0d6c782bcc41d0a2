import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
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
  const spec = join(cwd, 'tma-out', 'checkpoints', 'trials', 'failing_config_default.json');
  expect(existsSync(spec)).toBe(true);
  const log = readFileSync(join(cwd, 'tma-out/checkpoints/logs/failing_config_default.log'), 'utf8');
  const again = await tma(cwd, 'trial', '--spec', spec);
  expect(again.code).toBe(3);
  // What the report links is still what it was; the log of this trial lies beside its spec.
  expect(readFileSync(join(cwd, 'tma-out/checkpoints/logs/failing_config_default.log'), 'utf8')).toBe(log);
  const own = join(cwd, 'tma-out/checkpoints/trials/failing_config_default.trial.log');
  expect(readFileSync(own, 'utf8')).toContain('failing');
  expect(lines(again.output).at(-1)).toMatchObject({ end: { logFile: own } });
  // Nothing has changed since the spec was written.
  expect(lines(again.output).filter(({ kind }) => kind === 'note')).toEqual([]);
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
  expect(lines(told).find(({ kind }) => kind === 'note')).toMatchObject({
    text: expect.stringMatching(
      /^the files of model "no_config" in .* are not those that the spec was written for$/,
    ),
  });
  expect(lines(told).map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['open', 'window', 'point', 'end']),
  );
  expect(await nothingLeft()).toEqual([]);
});

/** A spec without points, of a model that works, made from one of the model that does not. */
async function specWithoutPoints(): Promise<string> {
  const cwd = project('failing');
  await tma(cwd, 'profile', '-f', 'perf.yaml');
  const json = JSON.parse(
    readFileSync(join(cwd, 'tma-out/checkpoints/trials/failing_config_default.json'), 'utf8'),
  );
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
  let spec: string;
  beforeAll(async () => {
    spec = await specWithoutPoints();
  });

  test('that a pipe has had, and closed, long before the server is up', async () => {
    const { child, ended } = startPiped(folder(), 'trial', '--spec', spec);
    child.stdin!.end(`${request(1)}\n${request(2)}`);
    const { code, output } = await ended;
    expect(code, output).toBe(0);
    expect(lines(output).filter(({ kind }) => kind === 'point')).toHaveLength(2);
    expect(lines(output).at(-1)).toMatchObject({ kind: 'end' });
  });

  test('that has nothing: the trial is closed, and nothing was measured', async () => {
    const { code, output } = await tma(folder(), 'trial', '--spec', spec);
    expect(code, output).toBe(3);
    expect(lines(output).map(({ kind }) => kind)).toEqual(expect.arrayContaining(['open', 'end']));
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('that is open: %s ends it at once', async (signal) => {
    const running = startPiped(folder(), 'trial', '--spec', spec);
    await running.printed('"kind":"open"');
    running.child.kill(signal);
    const { code, output } = await running.ended;
    expect(code, output).toBe(130);
    expect(lines(output).at(-1)).toMatchObject({ kind: 'end' });
    expect(await nothingLeft()).toEqual([]);
  });
});

/** Every line of the standard output is JSON. */
const jsonOf = (stdout: string): Record<string, never>[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('profile --json: the standard output is lines of JSON alone', () => {
  test('what happens, each with its time', async () => {
    const cwd = project('no_config');
    const { code, output, stdout } = await tma(cwd, 'profile', '-f', 'perf.yaml', '--json', '--quiet');
    expectThrough({ code, output });
    const events = jsonOf(stdout);
    const kinds = new Set(events.map(({ kind }) => kind));
    for (const kind of ['run', 'model', 'phase', 'window', 'point', 'trial', 'search', 'end'])
      expect(kinds).toContain(kind);
    for (const event of events) expect(event).toMatchObject({ at: expect.stringMatching(/^\d{4}-.*Z$/) });
  });

  test('a server that does not start: its trial with the reason, and the mistake', async () => {
    const cwd = project('no_config', 'triton_server_flags: { no-such-flag: 1 }');
    const perf = readFileSync(join(cwd, 'perf.yaml'), 'utf8').replace('no_config', 'add_sub');
    writeFileSync(join(cwd, 'perf.yaml'), perf);
    const { code, stdout } = await tma(cwd, 'profile', '-f', 'perf.yaml', '--json');
    expect(code).toBe(2);
    const events = jsonOf(stdout);
    const why = expect.stringContaining('no-such-flag');
    expect(events.find(({ kind }) => kind === 'trial')).toMatchObject({ trial: { end: { cause: why } } });
    expect(events.slice(-2)).toMatchObject([
      { kind: 'mistake', message: why },
      { kind: 'end', interrupted: false },
    ]);
  });

  test('also where perf_analyzer is to tell what it prints', async () => {
    const cwd = project('no_config', 'load_generator: perf_analyzer\nperf_output: true');
    const perf = readFileSync(join(cwd, 'perf.yaml'), 'utf8');
    writeFileSync(
      join(cwd, 'perf.yaml'),
      perf.replace('flags: {', 'flags: {http-header: "X-Key: sw0rdfish", '),
    );
    const { output, stdout } = await tma(cwd, 'profile', '-f', 'perf.yaml', '--json');
    expect(output).toMatch(/perf_analyzer -m no_config .*-H X-Key:\[not shown\][\s\S]*Measurement Settings/);
    expect(output).not.toContain('sw0rdfish');
    expect(jsonOf(stdout).at(-1)).toMatchObject({ kind: 'end' });
  });
});
