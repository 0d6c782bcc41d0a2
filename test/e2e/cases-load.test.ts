import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { folder } from '../support/experiment.ts';
import { somebodysServer } from './somebodys-server.ts';
import { tma } from './tma.ts';

/** What a model does from its thirteenth request on. */
const BREAKS = {
  fails:
    'return [pb_utils.InferenceResponse(error=pb_utils.TritonError("CUDA error: device-side assert")) for r in requests]',
  dies: 'os._exit(7)',
  sleeps: 'time.sleep(3600)',
};

function model(repository: string, name: keyof typeof BREAKS): void {
  const path = join(repository, name);
  mkdirSync(join(path, '1'), { recursive: true });
  writeFileSync(
    join(path, 'config.pbtxt'),
    'backend: "python"\nmax_batch_size: 4\ninput [{ name: "X" data_type: TYPE_FP32 dims: [ 1 ] }]\noutput [{ name: "Y" data_type: TYPE_FP32 dims: [ 1 ] }]\n',
  );
  writeFileSync(
    join(path, '1', 'model.py'),
    `import os, time
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        self.count = 0

    def execute(self, requests):
        self.count += len(requests)
        if self.count > 12:
            ${BREAKS[name]}
        return [pb_utils.InferenceResponse([pb_utils.Tensor("Y", pb_utils.get_input_tensor_by_name(r, "X").as_numpy())]) for r in requests]
`,
  );
}

describe('a model that is well at first', () => {
  let server: Awaited<ReturnType<typeof somebodysServer>>;
  beforeAll(async () => {
    const repository = folder();
    const names = Object.keys(BREAKS) as (keyof typeof BREAKS)[];
    for (const name of names) model(repository, name);
    server = await somebodysServer(repository);
  });
  afterAll(() => server.stop());

  test.each([
    ['fails', 'http', '20', /requests failed.*: .*CUDA error: device-side assert/],
    ['dies', 'grpc', '2', /requests failed|no request was answered|does not answer|no answer/],
    ['sleeps', 'http', '2', /requests failed.*: no answer within 2 s|no request was answered|no answer/],
  ] as const)('%s: the load ends and says so (%s)', async (name, protocol, timeoutS, words) => {
    const { port } = server.remote[protocol];
    const begun = performance.now();
    const { code, output } = await tma(
      folder(),
      ...['load', '-m', name, '-u', `localhost:${port}`, '-i', protocol],
      ...['--concurrency-range', '2', '--request-timeout', timeoutS],
    );
    server.mustLive();
    expect(output).toMatch(words);
    expect(code).toBe(3);
    expect(performance.now() - begun).toBeLessThan(30_000);
  });
});
