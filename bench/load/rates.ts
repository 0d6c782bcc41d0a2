import { startNullServer, startPerfAnalyzer, tmaPoint } from './tools.ts';

/** How punctual an open loop is. */
export async function rates(say: (text: string) => void) {
  const results = [];
  for (const rate of [200, 1000, 5000]) {
    using server = await startNullServer(16);
    const args = ['-m', 'null', '-u', `127.0.0.1:${server.port}`, '--request-rate-range', String(rate)];
    const point = await tmaPoint(...args, '-p', '2000', '-s', '0.1', '-r', '3');
    const { p50, p99 } = point.client['lateness'] as { p50: number; p99: number };
    const error = (point['perf_send_rate']! / rate - 1) * 100;
    const text = await startPerfAnalyzer(...args.with(-1, `${rate}:${rate}`), '-p', '2000', '-s', '100')
      .output;
    const theirs = (Number(/Throughput: (\S+)/.exec(text)?.[1]) / rate - 1) * 100;
    const delayed = /([\d.]+)% of the requests were delayed/.exec(text)?.[1] ?? 'at most 1';
    results.push({
      rate,
      lateP50Us: p50 * 1000,
      lateP99Us: p99 * 1000,
      errorPercent: error,
      perfAnalyzer: { errorPercent: theirs, delayedPercent: delayed },
    });
    say(
      `${rate}/s: tma sends ${(p50 * 1000).toFixed(0)} us late (median), ${(p99 * 1000).toFixed(0)} us (p99), rate ${error.toFixed(2)} % off (bar: 0.5); perf_analyzer rate ${theirs.toFixed(2)} % off, ${delayed} % over 1 ms late`,
    );
  }
  return results;
}
