import type { RemoteSettings } from '../config/experiment.ts';
import type { LoadFlags } from '../config/read-load-flags.ts';
import { messageOf, UserError } from '../ground/errors.ts';
import { checkServed } from '../load/check-inputs.ts';
import { LoadFailure, type LoadGenerator, type WindowSummary } from '../load/load-generator.ts';
import { measurePoint } from '../measure/measure.ts';
import { atRate, inFlight, type LoadPoint } from '../record/load-point.ts';
import type { Measurement } from '../record/measurement.ts';
import type { Server } from '../server/launcher.ts';
import { attach } from '../server/remote.ts';
import { TritonError } from '../server/triton.ts';

/** Whoever puts load on a server has it running. */
const READY_TIMEOUT_S = 5;

/** Load for one model on a server that runs already. */
export interface LoadTask {
  readonly model: string;
  readonly flags: LoadFlags;
  /** How to reach the server. */
  readonly remote: RemoteSettings;
  readonly generator: LoadGenerator;
  readonly signal: AbortSignal;
  onPoint?(point: LoadPoint): void;
  onWindow?(point: LoadPoint, window: WindowSummary): void;
  onNote?(text: string): void;
}

/** A load that was put on the model, or why it could not be. */
export type LoadOutcome =
  | { readonly state: 'measured'; readonly measurement: Measurement }
  | { readonly state: 'failed'; readonly point: LoadPoint; readonly cause: string };

/**
 * Puts one load after the other on a model and measures each; nothing is searched for, loaded or unloaded.
 * @throws UserError when the server can't be reached, does not know the model, or the data does not fit it.
 */
export async function* putLoad(task: LoadTask): AsyncGenerator<LoadOutcome> {
  const { model: name, flags, remote, generator, signal } = task;
  await using server = await attach(remote, { readyTimeoutS: READY_TIMEOUT_S, signal });
  const model = await server.triton.metadata(name, { signal }).catch((error: unknown) => {
    if (!(error instanceof TritonError)) throw error;
    const hint =
      error.kind === 'refused' ? 'is it loaded on that server?' : 'is that a server for inference?';
    const fault = error.kind === 'refused' ? 'input' : 'environment';
    throw new UserError({ message: messageOf(error), hint, fault });
  });
  // A KServe server other than Triton tells neither configuration nor statistics.
  const config = await server.triton.config(name, { signal }).catch(() => ({}));
  const batchSizes = flags.batchSizes ?? [1];
  for (const note of checkServed(model, config, { load: flags.load, batchSizes })) task.onNote?.(note);
  const statistics = await hasStatistics(server, name, signal);
  if (!statistics) task.onNote?.('the server tells no statistics: its own times are not there');
  for (const point of pointsOf(name, flags)) {
    task.onPoint?.(point);
    let measurement: Measurement;
    try {
      measurement = await measurePoint({
        server,
        statistics,
        models: [{ metadata: model, config }],
        point,
        settings: flags.load,
        generator,
        monitoringIntervalS: 1,
        signal,
        onWindow: (window) => task.onWindow?.(point, window),
      });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof LoadFailure || error instanceof TritonError)) throw error;
      yield { state: 'failed', point, cause: messageOf(error) };
      return;
    }
    yield { state: 'measured', measurement };
    const limit = flags.latencyThreshold;
    const latency =
      measurement.whole.values[
        flags.load.percentile ? `perf_latency_p${flags.load.percentile}` : 'perf_latency_avg'
      ];
    if (limit !== undefined && limit > 0 && latency !== undefined && latency > limit) {
      task.onNote?.(`the latency is over ${limit} ms: larger loads are left out`);
      return;
    }
  }
}

/** The loads that the flags ask for; one request in flight when they ask for none. */
function pointsOf(model: string, { concurrency, requestRates, batchSizes }: LoadFlags): LoadPoint[] {
  return (batchSizes ?? [1]).flatMap((batchSize): LoadPoint[] =>
    requestRates
      ? requestRates.map((requestRate) => atRate(model, requestRate, batchSize))
      : (concurrency ?? [1]).map((level) => inFlight(model, level, batchSize)),
  );
}

async function hasStatistics(server: Server, model: string, signal: AbortSignal): Promise<boolean> {
  try {
    await server.triton.statistics(model, { signal });
    return true;
  } catch {
    return false;
  }
}
