import { generatorFor, levelText, loadRequest, putLoad } from 'triton-model-analyzer';

/** Puts 1 and then 4 requests in flight on a model of a server that runs already, for a second each. */
export async function measure(model: string, url: string, signal: AbortSignal): Promise<string[]> {
  const request = loadRequest({ 'model-name': model, url, 'concurrency-range': '1:4:3', 'time-limit': '1' });
  const generator = await generatorFor(request.generator);
  const lines: string[] = [];
  for await (const outcome of putLoad({ ...request, generator, signal })) {
    if (outcome.state === 'failed') {
      lines.push(`${levelText(outcome.point)}: ${outcome.cause}`);
    } else {
      const { point, whole } = outcome.measurement;
      const [low, high] = whole.intervals['perf_throughput'] ?? [];
      lines.push(`${levelText(point)}: ${whole.values['perf_throughput']} infer/s (95 %: ${low} to ${high})`);
    }
  }
  return lines;
}
