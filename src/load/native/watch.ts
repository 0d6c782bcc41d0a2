import { setTimeout as sleep } from 'node:timers/promises';
import { timerMs } from '../../ground/timers.ts';
import { countFailures, type Failures, mainFailure } from '../../record/request-failures.ts';
import { LoadFailure, type LoadJob, TIME_IS_UP } from '../load-generator.ts';
import type { Crew } from './crew.ts';
import { tallyOf } from './cut-tally.ts';
import type { LoadShape } from './protocol.ts';
import {
  judgeWait,
  longestLoadMs,
  type Patience,
  patienceWith,
  type Seen,
  type WaitRule,
} from './wait-rule.ts';

const POLL_MS = 10;
/** The server is asked for its statistics also when the time is up. */
const LAST_LOOK_MS = 5000;

/** Waits for a crew's requests, and for nothing that can't come any more. */
export class Watch {
  readonly #crew: Crew;
  readonly #signal: AbortSignal;
  readonly #failureLimit: number;
  readonly #patience: Patience;
  /** When the load has to be over, ms of performance.now(), and why then. */
  readonly #endMs: number;
  readonly #why: string;
  /** The last answer that was noticed, with the failures until then. */
  #last: { readonly answered: number; readonly failed: number; readonly atMs: number };
  /** The last failures that a cut has handed over: those in a row may have begun before it. */
  #failures: Failures = {};

  constructor(crew: Crew, job: LoadJob<unknown>, shape: LoadShape) {
    const { stopRule, failureLimit } = job.settings;
    this.#crew = crew;
    this.#last = { answered: 0, failed: 0, atMs: performance.now() };
    this.#signal = job.signal;
    this.#failureLimit = failureLimit;
    this.#patience = patienceWith(shape, job.settings);
    const longestMs = longestLoadMs(shape, stopRule, this.#patience);
    const ownEndMs = performance.now() + longestMs;
    const { deadlineMs = Number.POSITIVE_INFINITY } = job;
    this.#endMs = Math.min(ownEndMs, deadlineMs);
    this.#why =
      deadlineMs < ownEndMs
        ? 'the time of the whole run was up'
        : `a load may take ${(longestMs / 1000).toFixed(0)} s`;
  }

  /** Why a load is ended before its rule is met. */
  get timeIsUp(): string {
    return `ended early: ${this.#why}`;
  }

  /**
   * Waits for time and requests.
   * @returns whether the time of the whole load is up meanwhile.
   * @throws LoadFailure when nothing but failures comes, too many of them, or nothing at all.
   */
  async wait(until: Omit<WaitRule, keyof Patience>): Promise<'enough' | 'time is up'> {
    const crew = this.#crew;
    const rule = { ...this.#patience, ...until };
    const start = performance.now();
    const [answeredBefore, failedBefore] = [crew.completed(), crew.failed()];
    for (;;) {
      const now = performance.now();
      const seen = this.#look(now, { elapsedMs: now - start, answeredBefore, failedBefore });
      const state = judgeWait(rule, seen);
      if (state === 'failing' || state === 'silent') await this.#giveUp(state, seen);
      if (state === 'enough' || crew.exhausted()) return 'enough';
      if (now >= this.#endMs) return 'time is up';
      const left = Math.min(POLL_MS, until.milliseconds - seen.elapsedMs, this.#endMs - now);
      await sleep(Math.max(1, left), undefined, { signal: this.#signal });
    }
  }

  /**
   * What is asked of the server meanwhile, for as long as the load may take.
   * @throws LoadFailure when the time is up before it is answered.
   */
  async within<T>(asked: Promise<T>): Promise<T> {
    const ended = new AbortController();
    const left = Math.min(this.#patience.silenceMs, Math.max(LAST_LOOK_MS, this.#endMs - performance.now()));
    const signal = AbortSignal.any([this.#signal, ended.signal]);
    const late = sleep(timerMs(left), undefined, { signal }).then(() => {
      throw new LoadFailure('the server does not tell its statistics under load', TIME_IS_UP);
    });
    // Whichever loses must not be told of as unhandled.
    late.catch(() => {});
    asked.catch(() => {});
    try {
      return await Promise.race([asked, late]);
    } finally {
      ended.abort();
    }
  }

  /** Takes note of the failures that a cut has handed over. */
  note(failures: Failures): void {
    if (countFailures(failures) > 0) this.#failures = failures;
  }

  /** @throws LoadFailure when more requests of a window failed than the limit, a share of all, allows. */
  check(failures: Failures, answered: number): void {
    this.note(failures);
    const failed = countFailures(failures);
    if (failed > 0 && failed / (failed + answered) > this.#failureLimit)
      throw this.#failing(failures, answered);
  }

  /** The failure of a load that brought nothing in its time. */
  tooLittle(): LoadFailure {
    return new LoadFailure(`${this.#why}, and nothing was measured until then`, TIME_IS_UP);
  }

  /** What happened in a wait so far. */
  #look(
    now: number,
    wait: { readonly elapsedMs: number; readonly answeredBefore: number; readonly failedBefore: number },
  ): Seen {
    const [answered, failed] = [this.#crew.completed(), this.#crew.failed()];
    if (answered !== this.#last.answered) this.#last = { answered, failed, atMs: now };
    return {
      elapsedMs: wait.elapsedMs,
      answered: answered - wait.answeredBefore,
      failed: failed - wait.failedBefore,
      silentMs: now - this.#last.atMs,
      failedInRow: failed - this.#last.failed,
    };
  }

  async #giveUp(state: 'failing' | 'silent', { answered, silentMs }: Seen): Promise<never> {
    const { failures, latency } = tallyOf(await this.#crew.cut());
    if (countFailures(failures) > 0) throw this.#failing(failures, latency.count);
    if (state === 'failing' && countFailures(this.#failures) > 0) throw this.#failing(this.#failures, 0);
    const seconds = (silentMs / 1000).toFixed(silentMs < 10_000 ? 1 : 0);
    throw new LoadFailure(`no request was answered within ${seconds} s${this.#before(answered)}`, 'timeout');
  }

  #failing(failures: Failures, answered: number): LoadFailure {
    const failed = countFailures(failures);
    const main = mainFailure(failures)!;
    const before = answered === 0 ? this.#before(0) : '';
    const message = `${failed} of ${failed + answered} requests failed${before}: ${main.message}`;
    return new LoadFailure(message, main.class);
  }

  /** That it went well at first tells another story than that it never did. */
  #before(answered: number): string {
    const all = this.#crew.completed() - answered;
    return all === 0 ? '' : `, after ${all} good answers`;
  }
}
