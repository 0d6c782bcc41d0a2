import { fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { healthGenerator } from '../examples/library/generator.ts';
import { measure } from '../examples/library/load.ts';
import { inFlight } from '../src/record/load-point.ts';
import { load } from './support/experiment.ts';
import { answerOk, serve } from './support/kserve.ts';

test('the example of a load generator brings figures of what it sent', async () => {
  let asked = 0;
  await using server = await serve((_request, _body, response) => {
    asked++;
    setTimeout(() => answerOk(response), 20);
  });
  const result = await healthGenerator.run({
    http: server.endpoint,
    models: [{ metadata: { name: 'm', platform: '', inputs: [], outputs: [] }, config: {} }],
    point: inFlight('m', 4),
    settings: load(),
    scrape: async () => asked,
    signal: new AbortController().signal,
  });
  expect(result.requests).toBe(asked);
  expect(result.edges).toEqual([0, asked]);
  expect(result.values['perf_latency_p50']).toBeGreaterThan(19);
  expect(result.values['perf_throughput']).toBeCloseTo(asked / result.durationS);
});

test('the example of a load puts two loads on a server', async () => {
  const server = fork('bench/load/null-server.ts');
  try {
    const [port] = (await once(server, 'message')) as [number];
    const lines = await measure('null', `127.0.0.1:${port}`, new AbortController().signal);
    expect(lines).toHaveLength(2);
    for (const [index, line] of lines.entries())
      expect(line).toMatch(
        new RegExp(`^${[1, 4][index]} in flight: \\d[\\d.]* infer/s \\(95 %: \\d[\\d.]* to \\d[\\d.]*\\)$`),
      );
  } finally {
    server.kill();
  }
});
