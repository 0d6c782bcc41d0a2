import type { ModelPlan } from '../config/experiment.ts';
import type { Executor, Slot } from '../executor/executor.ts';
import { derived } from '../goal/costs.ts';
import { UserError } from '../ground/errors.ts';
import type { PointRecord, SearchRecord } from '../record/run.ts';
import { isMeasured, type Measured } from '../record/told-trial.ts';
import type { FailureMemory } from '../search/failure-memory.ts';
import type { Ask } from '../search/search.ts';
import type { WatchedSearch } from '../search/sentinel/sentinel.ts';
import { type Candidate, illegalSince, type SkippedPoints } from '../space/space.ts';
import { Bell } from './bell.ts';
import { driftNote, type SeenDrift, skipNotes } from './notes.ts';
import { outcomeOf } from './outcome.ts';
import { type Cut, SearchTally } from './search-tally.ts';
import { type ServerParts, SlotServer } from './slot-server.ts';

/** What one model is profiled with. */
export interface ModelParts extends ServerParts {
  readonly executor: Executor;
  readonly search: FailureMemory & Partial<Pick<WatchedSearch, 'drift'>>;
}

/** One model's run: what each free slot does until the search has nothing left to ask. */
export class ModelRun {
  readonly #parts: ModelParts;
  readonly #tally: SearchTally;
  readonly #illegal: () => readonly SkippedPoints[];
  /** What each slot works on. */
  readonly #busy = new Map<Slot, Candidate>();
  /** Lets slots that wait for another's outcome ask again. */
  readonly #bell = new Bell();
  /** What was measured, to be marked if the machine turns out to have changed. */
  readonly #records = new Map<Ask, Measured>();
  /** What was last found out of the machine, as it was written down and as it was told. */
  #found = '';
  #seen: SeenDrift = { shifts: 0, drifted: 0 };
  /** No slot is to go on. */
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
    const work: Promise<void>[] = [];
    try {
      for await (const slot of this.#parts.executor.slots(over.signal)) {
        const done = this.#work(slot).finally(() => over.abort());
        // It is looked at below; until then it is not to count as unhandled.
        done.catch(() => {});
        work.push(done);
      }
    } catch (error) {
      this.#broken = true;
      work.push(Promise.reject(error));
    }
    const ends = await Promise.allSettled(work);
    const broken = ends.find((end) => end.status === 'rejected');
    if (broken) throw broken.reason;
    const { search, state } = this.#parts;
    this.#writeDrift(true);
    const cut = this.#cutBy();
    // What had nothing left to measure came to its own end, however late that was.
    const isOver = cut?.ended === 'minutes' && search.remaining() === 0;
    return this.#tally.record(search, isOver ? undefined : cut, {
      maxMinutes: state.experiment.maxMinutes,
      isShared: state.experiment.models.length > 1,
    });
  }

  /** THE loop: asks the search, takes what is known or measures, tells. */
  async #work(slot: Slot): Promise<void> {
    const { ledger, state } = this.#parts;
    const server = new SlotServer(slot, this.#parts);
    /** What the slot's server runs, as far as the search was told. */
    let on: Candidate | undefined;
    try {
      for (let ask = await this.#next(slot, on); ask; ask = await this.#next(slot, on)) {
        const known = ledger.known(ask);
        // A look at the sentinel is no point of its own.
        if (known && !ask.sentinel) state.reused++;
        // What was known already counts as the start that it was then: a run that is repeated asks the same and ends there.
        const asThen = on !== ask.candidate || ask.again === 'afresh';
        const { record, started } = known ? { record: known, started: asThen } : await server.measured(ask);
        on = record.state === 'measured' ? ask.candidate : undefined;
        this.#tell(slot, ask, record, started);
      }
    } catch (error) {
      this.#broken = true;
      // A mistake, such as a disk that is full, is told whatever else goes on.
      if (!state.stop.aborted || error instanceof UserError) throw error;
    } finally {
      this.#free(slot);
      await server.close();
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
      const answer = search.ask({ on, busy: new Set(this.#busy.values()) });
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

  #tell(slot: Slot, ask: Ask, found: PointRecord, started: boolean): void {
    const { search, space, state } = this.#parts;
    const record = withDerived(found, ask, space.plan);
    search.tell(ask, outcomeOf(record, started));
    if (isMeasured(record)) this.#records.set(ask, record);
    this.#writeDrift(false);
    this.#tally.told(ask);
    if (!ask.sentinel) state.done++;
    const progress = state.progress(search.remaining());
    state.emit({ kind: 'point', slot: slot.id, variant: ask.candidate.name, record, progress });
  }

  /**
   * Writes down what is known of the machine: when it is found to have changed, when all that the verdict needs was
   * measured again, and in the end.
   */
  #writeDrift(isEnd: boolean): void {
    const { search, ledger, state } = this.#parts;
    const drift = search.drift?.();
    if (!drift) return;
    const found = JSON.stringify([drift.shifts, drift.complete]);
    const isNew = found !== this.#found && (drift.shifts.length > 0 || this.#seen.shifts > 0);
    this.#found = found;
    if (isNew || isEnd) ledger.drift(drift, this.#records);
    const text = driftNote(drift, this.#seen);
    if (text !== undefined) state.emit({ kind: 'note', text });
    this.#seen = { shifts: drift.shifts.length, drifted: drift.drifted.size };
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
    const { state } = this.#parts;
    if (state.interrupted) return { why: 'it was interrupted', interrupted: true };
    if (state.time.left !== 'none') return undefined;
    const { maxMinutes, models } = state.experiment;
    const time = `${models.length > 1 ? 'share of the' : 'time of'} ${maxMinutes} minutes`;
    const why = `its ${time} is used`;
    return { why, interrupted: false, ended: 'minutes' };
  }
}

/** A record with what follows from it by the prices that hold now: they are no part of what was measured. */
const withDerived = (record: PointRecord, { candidate }: Ask, { prices }: ModelPlan): PointRecord =>
  record.state === 'measured'
    ? { ...record, measurement: derived(record.measurement, candidate, prices) }
    : record;
