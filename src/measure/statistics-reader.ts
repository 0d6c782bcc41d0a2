import type { Server } from '../server/launcher.ts';
import { type ModelMetadata, type ModelStatistics, TritonError } from '../server/triton.ts';
import type { StatisticsAt } from './server-times.ts';

/** What is read from the server at the edge of a window: asked at `fromMs`, answered at `atMs`. */
export interface Scrape extends StatisticsAt {
  readonly fromMs: number;
}

/** Reads a model's statistics as long as the server tells them. */
export interface StatisticsReader {
  /** undefined from the first fault on: waiting for each answer anew would spoil what is measured. */
  look(): Promise<readonly ModelStatistics[] | undefined>;
  /** What was wrong, if something was. */
  failure(): string | undefined;
}

/** A server under full load answers late; windows are open meanwhile. */
const PATIENCE_MS = 10_000;

export function statisticsReader({
  server,
  model,
  statistics,
  signal,
}: {
  readonly server: Pick<Server, 'triton'>;
  readonly model: Pick<ModelMetadata, 'name'>;
  /** false: the server has none to tell. */
  readonly statistics?: boolean;
  readonly signal: AbortSignal;
}): StatisticsReader {
  let failure: string | undefined;
  return {
    async look() {
      if (statistics === false || failure !== undefined) return undefined;
      try {
        return await server.triton.statistics(model.name, { signal, timeoutMs: PATIENCE_MS });
      } catch (error) {
        if (!(error instanceof TritonError)) throw error;
        failure = error.message;
        return undefined;
      }
    },
    failure: () => failure,
  };
}
