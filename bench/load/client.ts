import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, type Run, startNullServer, startPerfAnalyzer, startTma, startTriton } from './tools.ts';

const WINDOWS = ['-p', '1500', '-s', '0.1', '-r', '3'];
/** Into the run, and how long it is watched, ms. */
const AFTER_MS = 2500;
const WATCHED_MS = 2000;

/** CPU time of the client for a request, us, and requests a second, watched in the middle of a run. */
async function watch(run: Run, answered: () => Promise<number>): Promise<{ cpuUs: number; rate: number }> {
  await sleep(AFTER_MS);
  const before = { cpu: cpuSeconds(run.child.pid!), count: await answered(), ms: performance.now() };
  await sleep(WATCHED_MS);
  const after = { cpu: cpuSeconds(run.child.pid!), count: await answered(), ms: performance.now() };
  run.child.kill('SIGKILL');
  await run.output;
  const requests = after.count - before.count;
  return {
    cpuUs: ((after.cpu - before.cpu) / requests) * 1e6,
    rate: (requests * 1000) / (after.ms - before.ms),
  };
}

/** What a request costs the client, and the most it can send. */
export async function client(say: (text: string) => void) {
  const results: Record<
    string,
    { tma: Awaited<ReturnType<typeof watch>>; perfAnalyzer: Awaited<ReturnType<typeof watch>> }
  > = {};
  const row = (name: string, bar: string): void => {
    const { tma, perfAnalyzer } = results[name]!;
    const cell = ({ cpuUs, rate }: typeof tma): string =>
      `${cpuUs.toFixed(0)} us of CPU, ${rate.toFixed(0)} requests/s`;
    say(
      `${name}: tma ${cell(tma)}; perf_analyzer ${cell(perfAnalyzer)} (${(tma.rate / perfAnalyzer.rate).toFixed(1)} times; bar: ${bar})`,
    );
  };
  for (const [bytes, level, bar] of [
    [16, '8', '25 us, 3 times'],
    [300_000, '4', 'at least as fast'],
  ] as const) {
    using server = await startNullServer(bytes);
    const args = [
      '-m',
      'null',
      '-u',
      `127.0.0.1:${server.port}`,
      '--concurrency-range',
      `${level}:${level}`,
      ...WINDOWS,
    ];
    const tma = await watch(startTma(...args, '--max-threads', '1'), () => server.answered());
    const perfAnalyzer = await watch(startPerfAnalyzer(...args), () => server.answered());
    results[`HTTP, ${bytes} bytes, null server, ${level} in flight`] = { tma, perfAnalyzer };
    row(`HTTP, ${bytes} bytes, null server, ${level} in flight`, bar);
  }
  using server = await startTriton('test/fixtures/models', ['add_sub']);
  const answered = async (): Promise<number> =>
    (await server.triton.statistics('add_sub')).reduce(
      (sum, { inference_count }) => sum + Number(inference_count),
      0,
    );
  for (const [protocol, bar] of [
    ['http', '25 us'],
    ['grpc', '120 us'],
  ] as const) {
    const url = `127.0.0.1:${server.ports[protocol]}`;
    const shapes = ['--shape', 'INPUT0:4', '--shape', 'INPUT1:4'];
    const args = [
      '-m',
      'add_sub',
      '-i',
      protocol,
      '-u',
      url,
      '--concurrency-range',
      '8:8',
      ...shapes,
      ...WINDOWS,
    ];
    const tma = await watch(startTma(...args, '--max-threads', '1'), answered);
    const perfAnalyzer = await watch(startPerfAnalyzer(...args), answered);
    results[`${protocol}, 16 bytes, tritonserver, 8 in flight`] = { tma, perfAnalyzer };
    row(`${protocol}, 16 bytes, tritonserver, 8 in flight`, `${bar}; the rate is the server's`);
  }
  return results;
}
