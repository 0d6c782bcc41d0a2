import type { LoadedModel } from '../load/load-generator.ts';
import type { Composing } from '../record/measurement.ts';
import type { Server } from '../server/launcher.ts';
import { type ModelStatistics, TritonError } from '../server/triton.ts';
import { memberNames } from '../variant/members.ts';
import type { StatisticsAt } from './server-times.ts';

/** What is read from the server at the edge of a window: asked at `fromMs`, answered at `atMs`. */
export interface Scrape extends StatisticsAt {
  readonly fromMs: number;
}

/** Statistics of a model, and of those that may take part in answering. */
type Look = Pick<StatisticsAt, 'statistics' | 'others'>;

/** Reads a model's statistics as long as the server tells them. */
export interface StatisticsReader {
  /** Without statistics from the first fault on: waiting for each answer anew would spoil what is measured. */
  look(): Promise<Look>;
  /** What was wrong, if something was. */
  failure(): string | undefined;
  /** Why other models are looked at; undefined: none is. */
  readonly by: Composing['by'] | undefined;
}

/** A server under full load answers late; windows are open meanwhile. */
const PATIENCE_MS = 10_000;

export function statisticsReader({
  server,
  model: { metadata, config },
  statistics,
  signal,
}: {
  readonly server: Pick<Server, 'triton' | 'logFile'>;
  readonly model: LoadedModel;
  /** false: the server has none to tell. */
  readonly statistics?: boolean;
  readonly signal: AbortSignal;
}): StatisticsReader {
  const { triton } = server;
  const { name } = metadata;
  const limits = { signal, timeoutMs: PATIENCE_MS };
  const members = memberNames(config);
  const order = (of: ModelStatistics): number => members.indexOf(of.name);
  // Code in Python may call other models. On a server of somebody else's others may ask for them, too.
  const calls = config['backend'] === 'python' && server.logFile !== undefined;
  const by = members.length > 0 ? 'steps' : calls ? 'calls' : undefined;
  let failure: string | undefined;
  /** Whether the server tells of all models at once, too. */
  let tellsAll = by !== undefined;

  async function all(): Promise<Look | undefined> {
    try {
      const found = await triton.allStatistics(limits);
      const others = found.filter((item) => item.name !== name);
      return {
        statistics: found.filter((item) => item.name === name),
        others:
          by === 'steps'
            ? others.filter((item) => order(item) >= 0).toSorted((a, b) => order(a) - order(b))
            : others,
      };
    } catch (error) {
      if (!(error instanceof TritonError)) throw error;
      tellsAll = false;
      if (error.kind !== 'no answer') return undefined;
      failure = error.message;
      return { statistics: undefined };
    }
  }

  async function ofOne(): Promise<Look> {
    try {
      return { statistics: await triton.statistics(name, limits) };
    } catch (error) {
      if (!(error instanceof TritonError)) throw error;
      failure = error.message;
      return { statistics: undefined };
    }
  }

  return {
    async look() {
      if (statistics === false || failure !== undefined) return { statistics: undefined };
      return (tellsAll ? await all() : undefined) ?? (await ofOne());
    },
    failure: () => failure,
    by,
  };
}
