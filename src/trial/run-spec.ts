import { untilAborted } from '../ground/timers.ts';
import { changedSinceWritten } from './since-written.ts';
import { toolsFor } from './tools.ts';
import { runTrial, type TrialAccount, type TrialLine } from './trial-lines.ts';
import type { TrialSpec } from './trial-spec.ts';

/** Whom a trial that stands for itself tells, and what ends it. */
export interface SpecRun {
  /** Lines of JSON that ask for points; not read where the spec has points. */
  readonly requests: AsyncIterable<string>;
  say(line: TrialLine): void;
  /** Something worth one line; said as a line of kind `note`, too. */
  onNote(text: string): void;
  /** What perf_analyzer prints, where the spec wants that told and names no file; absent: to the standard output. */
  onOutput?(text: string): void;
  /** Ends everything at once. */
  readonly stop: AbortSignal;
  /** Aborted: leave a server of somebody else's as it is by then. */
  readonly abandon?: AbortSignal;
}

/**
 * Runs a spec's trial by itself: with the launcher and the load generator that it names.
 * @throws UserError when one of them is not on this machine, or nothing can be launched.
 */
export async function runSpec(
  spec: TrialSpec,
  { requests, say, onNote, onOutput, stop, abandon }: SpecRun,
): Promise<TrialAccount> {
  const note = (text: string): void => {
    say({ kind: 'note', text });
    onNote(text);
  };
  // What is asked for before the server is up waits for it.
  const asked = spec.points ? requests : untilAborted(requests, stop);
  const tools = await toolsFor(spec, onOutput);
  try {
    const { container } = spec.settings;
    const model = spec.models[0].name;
    const identity = await tools.launcher.prepare({ model, container, onNote: note, signal: stop });
    // Large files take their time to be read.
    for await (const text of untilAborted(changedSinceWritten(spec, identity), stop)) note(text);
    return await runTrial(spec, tools, asked, say, stop);
  } finally {
    tools.monitor?.close();
    await tools.launcher.close({ signal: abandon, onNote: note });
  }
}
