import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FinishNotice, parseNotice } from '../../src/record/finish-notice.ts';
import { parseExposition } from '../support/exposition.ts';
import { ANT, JENKINS, problemsBy } from '../support/junit-schema.ts';
import { parseXml } from '../support/xml.ts';
import { expectThrough, journal, nothingLeft, project, read, startWith, tma } from './tma.ts';

/** What was posted, oldest first. */
const notices: FinishNotice[] = [];
let server: Server;
let address: string;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    notices.push(parseNotice(JSON.parse(body)));
    response.writeHead(204).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/SECRET`;
});
afterAll(() => server.close());

const FORMATS = 'junit,markdown,benchmark,openmetrics';
const FILES = [
  'benchmark-bigger-is-better.json',
  'benchmark-smaller-is-better.json',
  'junit.xml',
  'metrics.prom',
  'summary.md',
];

describe('a run that is to be read by other programs', () => {
  let cwd: string;
  let ended: { code: number | null; output: string };

  beforeAll(async () => {
    cwd = project('[no_config]', 'constraints: {gpu_used_memory: {max: 1}, perf_latency_p99: {max: 100000}}');
    const environment = { GITHUB_STEP_SUMMARY: join(cwd, 'step-summary') };
    const options = ['--output-formats', FORMATS, '--on-finish', address];
    ended = await startWith(environment, cwd, 'profile', '-f', 'perf.yaml', ...options).ended;
  });

  test('writes each file, as its readers want it', () => {
    expect(readdirSync(join(cwd, 'tma-out', 'results'))).toEqual(
      expect.arrayContaining([...FILES, 'results.json']),
    );
    const root = parseXml(read(cwd, 'tma-out/results/junit.xml'));
    expect([...problemsBy(ANT, root), ...problemsBy(JENKINS, root)]).toEqual([]);
    expect(root.children.map(({ attributes }) => attributes['name'])).toEqual(['no_config']);
    const families = parseExposition(read(cwd, 'tma-out/results/metrics.prom')).map(({ name }) => name);
    expect(families).toContain('tma_perf_throughput_inferences_per_second');
    expect(JSON.parse(read(cwd, 'tma-out/results/benchmark-bigger-is-better.json'))[0]).toMatchObject({
      unit: 'infer/s',
      value: expect.any(Number),
    });
    expect(read(cwd, 'step-summary')).toContain('### `no_config`');
    for (const file of FILES) expect(ended.output).toContain(`tma-out/results/${file}`);
  });

  test('has no file that nobody asked for', () => {
    expect(existsSync(join(cwd, 'tma-out', 'plots'))).toBe(false);
    expect(existsSync(join(cwd, 'tma-out/reports/summaries/no_config/result_summary.pdf'))).toBe(false);
  });

  test('is told to the address once, with its exit code and session; the address is in no record', () => {
    expect(notices).toHaveLength(1);
    const [session] = journal(cwd);
    expect(notices[0]).toMatchObject({
      state: 'done',
      exitCode: ended.code,
      session: session.id,
      mistakes: [],
    });
    expect(notices[0]!.models[0]).toMatchObject({
      model: 'no_config',
      values: { perf_throughput: expect.any(Number), perf_latency_p99: expect.any(Number) },
    });
    expect(session.environment.command).toEqual(
      expect.arrayContaining(['--on-finish', '[not shown]', '--output-formats', FORMATS]),
    );
    for (const file of [
      'tma-out/checkpoints/journal.jsonl',
      'tma-out/results/results.json',
      'tma-out/results/summary.md',
    ])
      expect(read(cwd, file)).not.toContain('SECRET');
  });

  test('is written anew by tma report', async () => {
    const { code, output } = await tma(cwd, 'report', '-e', 'again', '-o', FORMATS);
    expect(code, output).toBe(0);
    expect(readdirSync(join(cwd, 'again/results')).sort()).toEqual(FILES);
    // Of the summary the links are others: there are no tables here.
    for (const file of FILES.slice(0, -1))
      expect(read(cwd, `again/results/${file}`)).toBe(read(cwd, `tma-out/results/${file}`));
  });
});

test('a run that writes what nobody asked for writes none of them', async () => {
  const cwd = project('[no_config]');
  expectThrough(await tma(cwd, 'profile', '-f', 'perf.yaml'));
  expect(readdirSync(join(cwd, 'tma-out', 'results')).filter((name) => FILES.includes(name))).toEqual([]);
});

test('an interrupted run is told as such', async () => {
  const cwd = project('[no_config]', `on_finish: ${address}`);
  const before = notices.length;
  const running = startWith({}, cwd, 'profile', '-f', 'perf.yaml', '-c', '1,2,3,4,5,6,7,8');
  await running.printed('in flight');
  running.child.kill('SIGTERM');
  expect((await running.ended).code).toBe(130);
  expect(notices.slice(before)).toMatchObject([
    { state: 'interrupted', exitCode: 130, durationS: expect.any(Number) },
  ]);
  expect(await nothingLeft()).toEqual([]);
});
