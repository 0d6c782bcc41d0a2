import { readFileSync } from 'node:fs';
import { type Pass, parseOutput } from './output.ts';

/** When a run is given up. */
export interface KillRules {
  /** Seconds that one run may take. */
  readonly timeoutS: number;
  /** Percent of one core that it may use. */
  readonly cpuPercent: number;
}

/** Why a run was ended by us. */
export interface GivenUp {
  /** In words. */
  readonly why: string;
  readonly kind: 'rule' | 'time is up' | 'stopped';
}

/** More output than this is not perf_analyzer's. */
const MOST_OUTPUT = 16 * 1024 * 1024;
const TICKS_PER_S = 100;

/** Follows a run by what it prints, and says when nothing more is to be expected of it. */
export class Progress {
  readonly #watched: ProgressInput;
  readonly #begunMs = performance.now();
  #heardMs = this.#begunMs;
  #bytes = 0;
  #errorBytes = 0;
  /** The beginning of a line that is not whole yet. */
  #line = '';
  #cpu: { readonly ticks: number; readonly atMs: number } | undefined;

  constructor(watched: ProgressInput) {
    this.#watched = watched;
    this.#cpu = this.#look();
  }

  /** Takes in what stands on its standard output; answers whether that is still to be kept. */
  take(bytes: Buffer): boolean {
    this.#heardMs = performance.now();
    this.#bytes += bytes.length;
    if (this.#bytes > MOST_OUTPUT) return false;
    const text = this.#line + bytes.toString('utf8');
    const end = text.lastIndexOf('\n') + 1;
    this.#line = text.slice(end).slice(-10_000);
    for (const { passes } of parseOutput(text.slice(0, end)))
      for (const pass of passes) this.#watched.onPass?.(pass);
    return true;
  }

  /** The same of its error output, on which Triton's log may stand: that is no progress. */
  takeError(bytes: Buffer): boolean {
    this.#errorBytes += bytes.length;
    return this.#errorBytes <= MOST_OUTPUT;
  }

  whyGiveUp({ timeoutS, cpuPercent }: KillRules): GivenUp | undefined {
    const now = performance.now();
    const { deadlineMs = Number.POSITIVE_INFINITY, silenceMs, loadTimeoutS } = this.#watched;
    if (now >= deadlineMs) return { kind: 'time is up', why: 'the time of the whole run was up' };
    const rule = (why: string): GivenUp => ({ kind: 'rule', why });
    if (now - this.#begunMs > timeoutS * 1000) return rule(`perf_analyzer took longer than ${timeoutS} s`);
    if (this.#bytes > MOST_OUTPUT) return rule('perf_analyzer printed more than 16 MB');
    const silentMs = now - this.#heardMs;
    // A library says nothing on the standard output while it loads a model.
    if (this.#bytes === 0 && loadTimeoutS !== undefined) {
      if (silentMs > loadTimeoutS * 1000)
        return rule(`the model was not loaded after ${loadTimeoutS} s (--model-load-timeout)`);
    } else if (silentMs > silenceMs)
      return rule(
        `perf_analyzer told nothing new for ${(silentMs / 1000).toFixed(0)} s: the server seems to answer no requests any more`,
      );
    const percent = this.#cpuPercent();
    if (percent > cpuPercent)
      return rule(`perf_analyzer used ${percent.toFixed(0)} % of a core, ${cpuPercent} % are allowed`);
    return undefined;
  }

  /** Since the last look. */
  #cpuPercent(): number {
    const [before, after] = [this.#cpu, this.#look()];
    this.#cpu = after;
    if (!before || !after || after.atMs <= before.atMs) return 0;
    return ((after.ticks - before.ticks) / TICKS_PER_S / ((after.atMs - before.atMs) / 1000)) * 100;
  }

  /** CPU time of the process so far; undefined once it is gone. */
  #look(): { ticks: number; atMs: number } | undefined {
    try {
      // Behind the name, which may hold blanks, utime and stime are the twelfth and thirteenth.
      const fields = readFileSync(`/proc/${this.#watched.pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
      return { ticks: Number(fields[11]) + Number(fields[12]), atMs: performance.now() };
    } catch {
      return undefined;
    }
  }
}

/** What is to be followed. */
export interface ProgressInput {
  readonly pid: number;
  /** Without a word for so long it is given up, ms. */
  readonly silenceMs: number;
  readonly deadlineMs?: number | undefined;
  /** Seconds that loading a model into the process may take; absent where none is loaded. */
  readonly loadTimeoutS?: number | undefined;
  onPass?(pass: Pass): void;
}
