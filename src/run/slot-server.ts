import type { Slot } from '../executor/executor.ts';
import { percentileLimit } from '../goal/percentile-limit.ts';
import { settingsText } from '../rank/settings-words.ts';
import type { Constraint } from '../record/goal.ts';
import type { LoadPoint } from '../record/load-point.ts';
import type { PointOutcome, PointRecord } from '../record/run.ts';
import type { Ask } from '../search/search.ts';
import type { SearchedSpace } from '../search/search-for.ts';
import type { ServerIdentity } from '../server/launcher.ts';
import type { Candidate } from '../space/space.ts';
import { endsRun, noServer } from '../trial/no-server.ts';
import type { OpenTrial } from '../trial/trial.ts';
import type { ModelLedger } from './model-ledger.ts';
import type { RunState } from './run-state.ts';
import { specOf, withSpec } from './spec-of.ts';

/** What the servers of a model's slots are run with. */
export interface ServerParts {
  readonly state: RunState;
  readonly space: SearchedSpace;
  readonly ledger: ModelLedger;
  readonly base: Parameters<typeof specOf>[2];
  /** What its servers are started from. */
  readonly identity: ServerIdentity;
}

/** A candidate on a server. */
interface Served {
  readonly candidate: Candidate;
  readonly trial: OpenTrial;
  /** The loads that it was asked for. */
  readonly points: LoadPoint[];
  /** One of them failed. */
  failed: boolean;
}

/** The limits that requests are counted against. */
const counted = (constraints: readonly Constraint[]): Constraint[] =>
  constraints.filter((constraint) => percentileLimit(constraint) !== undefined);

/** The server of a slot: of one candidate at a time, started when it is needed. */
export class SlotServer {
  readonly #slot: Slot;
  readonly #parts: ServerParts;
  #served: Served | undefined;

  constructor(slot: Slot, parts: ServerParts) {
    this.#slot = slot;
    this.#parts = parts;
  }

  /**
   * Measures what is asked for, on the server that runs where that is the one, and writes it down.
   * @throws UserError where no server starts; what ended the run.
   */
  async measured(ask: Ask): Promise<{ readonly record: PointRecord; readonly started: boolean }> {
    const { state, ledger } = this.#parts;
    const begun = performance.now();
    const started = this.#served?.candidate !== ask.candidate || ask.again === 'afresh';
    if (started) {
      await this.close();
      await this.#open(ask);
    }
    const startS = started ? (performance.now() - begun) / 1000 : undefined;
    const record = ledger.keep(ask, await this.#measure(this.#served!, ask), startS);
    state.time.add(performance.now() - begun);
    return { record, started };
  }

  async #open({ candidate, point }: Ask): Promise<void> {
    const { state, base, space, identity: server } = this.#parts;
    state.emit({
      kind: 'variant',
      slot: this.#slot.id,
      variant: candidate.name,
      settings: settingsText(candidate),
    });
    const describe = state.wantsDescription();
    const spec = specOf(state.experiment, space.plan, base, { candidate, describe, server });
    const trial = await this.#slot.open(spec, state.listenerOf(this.#slot.id), state.stop);
    const { failure } = trial;
    if (describe && failure?.started === false) state.lacksDescription();
    this.#served = { candidate, trial, points: [], failed: failure !== undefined };
    // A first server that comes up but can't describe itself counts as one that did not start.
    if (!failure || !endsRun(failure, !describe && state.knowsServer)) return;
    this.#served.points.push(point);
    await this.close();
    throw noServer({ ...failure, logFile: spec.logFile });
  }

  async #measure(served: Served, { point, matters }: Ask): Promise<PointOutcome> {
    const { state, space } = this.#parts;
    const { leftS } = state.time;
    const limits = counted(space.plan.constraints);
    served.points.push(point);
    const outcome = await served.trial.measure({
      point,
      ...(matters && { matters }),
      ...(limits.length > 0 && { limits }),
      ...(leftS !== undefined && { withinS: leftS }),
    });
    served.failed ||= outcome.state === 'failed';
    return outcome;
  }

  /** Ends the server that runs, if one does, and writes down how its trial went. */
  async close(): Promise<void> {
    if (!this.#served) return;
    const { candidate, trial, points, failed } = this.#served;
    this.#served = undefined;
    const { state, ledger } = this.#parts;
    const end = await trial.close();
    // A server may also die while a point is measured once more: what was measured first stands then.
    const told =
      failed || trial.failure !== undefined
        ? withSpec(end, { ...trial.spec, points }, state.experiment)
        : end;
    state.emit({ kind: 'trial', slot: this.#slot.id, trial: ledger.end(candidate, told) });
  }
}
