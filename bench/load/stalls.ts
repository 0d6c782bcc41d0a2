import { startNullServer, startPerfAnalyzer, tmaPoint } from './tools.ts';

const RATE = 500;

/** A server that stands still for 200 ms every 2 s, under a constant rate: a tenth of the requests meets that. */
export async function stalls(say: (text: string) => void) {
  using server = await startNullServer(16, 200, 2000);
  const args = ['-m', 'null', '-u', `127.0.0.1:${server.port}`, '--request-rate-range'];
  const point = await tmaPoint(...args, String(RATE), '-p', '4000', '-s', '100', '-r', '3');
  const text = await startPerfAnalyzer(...args, `${RATE}:${RATE}`, '-p', '4000', '-s', '1000').output;
  const theirs = Number(/p99 latency: (\d+) usec/.exec(text)?.[1]) / 1000;
  const result = {
    p99: point['perf_latency_p99'],
    serviceP99: point['perf_service_latency_p99'],
    perfAnalyzerP99: theirs,
  };
  say(
    `p99 from the planned send ${result.p99!.toFixed(1)} ms (from the actual send ${result.serviceP99!.toFixed(1)} ms); perf_analyzer ${theirs.toFixed(1)} ms`,
  );
  return result;
}
