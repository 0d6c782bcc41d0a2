import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { perfAnalyzerGenerator } from '../../../src/load/perf-analyzer/perf-analyzer.ts';
import { inFlight } from '../../../src/record/load-point.ts';
import { folder, load } from '../../support/experiment.ts';

// Real processes, also on a machine that is busy with something else.
vi.setConfig({ testTimeout: 60_000 });

const SAMPLES = join(import.meta.dirname, '../../fixtures/perf_analyzer');

/** The edges of a run of a script that stands for perf_analyzer: how many lines it had written when each was looked at. */
async function edgesOf(script: string) {
  const path = join(folder(), 'perf_analyzer');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  const endpoint = { host: '127.0.0.1', port: 1 };
  let looks = 0;
  const { edges } = await perfAnalyzerGenerator({
    path,
    version: '2.60.0',
    maxAdjusts: 0,
    timeoutS: 60,
    cpuPercent: 100_000,
  }).run({
    http: endpoint,
    grpc: endpoint,
    point: inFlight('m', 2),
    models: [
      { metadata: { name: 'm', versions: ['1'], platform: 'p', inputs: [], outputs: [] }, config: {} },
    ],
    settings: load({}),
    scrape: async () => looks++,
    signal: new AbortController().signal,
  });
  return edges;
}

const sample = (name: string, passes: string): string =>
  `${passes}; cat ${SAMPLES}/${name}.stdout; cp ${SAMPLES}/${name}.out.csv report.csv`;

test('what the server and its GPUs tell is taken between the passes that count: not while data is made ready', async () => {
  const pass = (number: number): string =>
    `echo '  Pass [${number}] throughput: 100 infer/sec. Avg latency: 5000 usec (std 1 usec).'; sleep 0.2`;
  // Looks: before it starts, at the end of each of five passes, and when it has ended.
  expect(await edgesOf(sample('conc_http_verbosecsv', [1, 2, 3, 4, 5].map(pass).join('; ')))).toEqual([
    3, 4, 5,
  ]);
  expect(await edgesOf(sample('conc_http_verbosecsv', pass(1)))).toEqual([0, 2]);
});
