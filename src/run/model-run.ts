import type { Executor, Slot } from '../executor/executor.ts';
import type { LoadPoint } from '../record/load-point.ts';
import type { PointOutcome, PointRecord, SearchRecord } from '../record/run.ts';
import type { FailureMemory } from '../search/failure-memory.ts';
import type { Ask } from '../search/search.ts';
import type { SearchedSpace } from '../search/search-for.ts';
import { concernsAll } from '../server/failure.ts';
import { type Candidate, illegalSince, type SkippedPoints } from '../space/space.ts';
import { noServer } from '../trial/no-server.ts';
import type { OpenTrial } from '../trial/trial.ts';
import { Bell } from './bell.ts';

import { closingAsk, mostMeasurements } from './closing.ts';
import type { ModelLedger } from './model-ledger.ts';
import { skipNotes } from './notes.ts';
import { outcomeOf } from './outcome.ts';
import type { RunState } from './run-state.ts';
import { type Cut, SearchTally } from './search-tally.ts';
import { specOf, withSpec } from './spec-of.ts';

/** What one model is profiled with. */
export interface ModelParts {
  readonly state: RunState;
  readonly executor: Executor;
  readonly space: SearchedSpace;
  readonly search: FailureMemory;
  readonly ledger: ModelLedger;
  readonly base: Parameters<typeof specOf>[2];
  /** What the journal holds of this experiment so far. */
  readonly result: () => Parameters<typeof closingAsk>[0];
}

/** A candidate on a server. */
interface Served {
  readonly candidate: Candidate;
  readonly trial: OpenTrial;
  readonly slot: Slot;
  /** The loads that it was asked for. */
  readonly points: LoadPoint[];
  /** One of them failed. */
  failed: boolean;
}

/** One model's run: what each free slot does until the search has nothing left to ask. */
export class ModelRun {
  readonly #parts: ModelParts;
  readonly #tally: SearchTally;
  readonly #illegal: () => readonly SkippedPoints[];
  /** What each slot works on. */
  readonly #busy = new Map<Slot, Candidate>();
  /** What was measured for the verdict when the search had come to its end. */
  readonly #added: Ask[] = [];
  /** Lets slots that wait for another's outcome ask again. */
  readonly #bell = new Bell();
  #broken = false;

  constructor(parts: ModelParts) {
    this.#parts = parts;
    this.#tally = new SearchTally(parts.space);
    this.#illegal = illegalSince(parts.space);
  }

  /**
   * Runs until the search is done, or cut short; answers how it went.
   * @throws what ended one slot; the others' servers are stopped by then.
   */
  async run(): Promise<SearchRecord> {
    const over = new AbortController();
    const slots: Promise<void>[] = [];
    for await (const slot of this.#parts.executor.slots(over.signal)) {
      const work = this.#work(slot).finally(() => over.abort());
      // It is looked at below; until then it is not to count as unhandled.
      work.catch(() => {});
      slots.push(work);
    }
    const ends = await Promise.allSettled(slots);
    const broken = ends.find((end) => end.status === 'rejected');
    if (broken) throw broken.reason;
    return this.#tally.record(this.#parts.search, this.#cutBy(), this.#added);
  }

  /** THE loop: asks the search, takes what is known or measures, writes down, tells. */
  async #work(slot: Slot): Promise<void> {
    const { ledger, state } = this.#parts;
    let served: Served | undefined;
    /** What the slot's server runs, or would run if what was told last had not been known already. */
    let on: Candidate | undefined;
    try {
      for (let ask = await this.#next(slot, on); ask; ask = await this.#next(slot, on)) {
        let record = ledger.known(ask);
        // What was known already counts as the start that it was then: a run that is repeated asks the same and ends there.
        let started = on !== ask.candidate || ask.again === 'afresh';
        if (record) state.reused++;
        else {
          const begun = performance.now();
          started = served?.candidate !== ask.candidate || ask.again === 'afresh';
          if (!served || started) {
            await this.#close(served);
            served = undefined;
            served = await this.#open(slot, ask.candidate);
          }
          record = ledger.keep(ask, await this.#measure(served, ask));
          state.time.add(performance.now() - begun);
        }
        on = record.state === 'measured' ? (served?.candidate ?? ask.candidate) : undefined;
        this.#tell(slot, ask, record, started);
      }
    } catch (error) {
      this.#broken = true;
      if (!state.stop.aborted) throw error;
    } finally {
      this.#free(slot);
      await this.#close(served);
    }
  }

  /** What a slot is to measure next; undefined: nothing more. */
  async #next(slot: Slot, on: Candidate | undefined): Promise<Ask | undefined> {
    const { search, state } = this.#parts;
    this.#free(slot);
    for (;;) {
      if (state.time.left === 'little') search.wrapUp?.();
      if (this.#cutBy() || this.#broken) return undefined;
      const rung = this.#bell.rung();
      const standing = { on, busy: new Set(this.#busy.values()) };
      const asked = search.ask(standing);
      const answer = asked === 'done' ? this.#closing() : asked;
      if (answer !== 'wait' && answer !== 'done') this.#busy.set(slot, answer.candidate);
      this.#skip();
      if (answer === 'done') return undefined;
      if (answer !== 'wait') return answer;
      await rung;
    }
  }

  #free(slot: Slot): void {
    this.#busy.delete(slot);
    this.#bell.ring();
  }

  /** What the verdict lacks when the search has come to its end, as far as a limit of measurements allows. */
  #closing(): Ask | 'wait' | 'done' {
    const { space, result } = this.#parts;
    // What is still being measured may lead.
    if (this.#busy.size > 0) return 'wait';
    if (this.#tally.measurements >= mostMeasurements(space)) return 'done';
    const ask = closingAsk(result(), space, this.#added);
    if (!ask) return 'done';
    this.#added.push(ask);
    return ask;
  }

  async #measure(served: Served, { point, matters }: Ask): Promise<PointOutcome> {
    const { leftS } = this.#parts.state.time;
    const limits = { ...(matters && { matters }), ...(leftS !== undefined && { withinS: leftS }) };
    const outcome = await served.trial.measure({ point, ...limits });
    served.points.push(point);
    served.failed ||= outcome.state === 'failed';
    return outcome;
  }

  async #open(slot: Slot, candidate: Candidate): Promise<Served> {
    const { state, base, space } = this.#parts;
    const describe = !state.knowsServer;
    const spec = specOf(state.experiment, space.plan, base, { candidate, describe });
    const trial = await slot.open(spec, state.listenerOf(slot.id), state.stop);
    const { failure } = trial;
    // A first server that does not start, and what every other would meet, too: there is nothing to measure.
    if (failure && !failure.started && (!state.knowsServer || concernsAll(failure))) {
      await trial.close();
      throw noServer({ ...failure, logFile: spec.logFile });
    }
    return { candidate, trial, slot, points: [], failed: failure !== undefined };
  }

  async #close(served: Served | undefined): Promise<void> {
    if (!served) return;
    const { candidate, trial, slot, points, failed } = served;
    const { state, ledger } = this.#parts;
    const end = await trial.close();
    const told = failed ? withSpec(end, { ...trial.spec, points }, state.experiment) : end;
    state.emit({ kind: 'trial', slot: slot.id, trial: ledger.end(candidate, told) });
  }

  #tell(slot: Slot, ask: Ask, record: PointRecord, started: boolean): void {
    const { search, state } = this.#parts;
    if (!this.#added.includes(ask)) search.tell(ask, outcomeOf(record, started));
    this.#tally.told(ask);
    state.done++;
    const progress = state.progress(search.remaining());
    state.emit({ kind: 'point', slot: slot.id, variant: ask.candidate.name, record, progress });
  }

  /** Records what a failure rules out, and what turned out to be illegal. */
  #skip(): void {
    const { search, ledger, state } = this.#parts;
    const [skipped, news] = [search.givenUp(), this.#illegal()];
    for (const { candidate } of news) ledger.enter(candidate);
    for (const item of skipped) {
      this.#tally.skipped(item);
      ledger.skip(item);
    }
    for (const text of skipNotes([...news, ...skipped])) state.emit({ kind: 'note', text });
  }

  /** What ends the search from outside. */
  #cutBy(): Cut | undefined {
    const { interrupted, time, experiment } = this.#parts.state;
    if (interrupted) return { why: 'it was interrupted', interrupted: true };
    if (time.left !== 'none') return undefined;
    return { why: `its time of ${experiment.maxMinutes} minutes is used`, interrupted: false };
  }
}
