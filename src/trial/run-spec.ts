import { untilAborted } from '../ground/timers.ts';
import { toolsFor } from './tools.ts';
import { runTrial, type TrialAccount, type TrialLine } from './trial-lines.ts';
import type { TrialSpec } from './trial-spec.ts';

/** Whom a trial that stands for itself tells, and what ends it. */
export interface SpecRun {
  /** Lines of JSON that ask for points; not read where the spec has points. */
  readonly requests: AsyncIterable<string>;
  say(line: TrialLine): void;
  /** Something worth one line. */
  onNote(text: string): void;
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
  { requests, say, onNote, stop, abandon }: SpecRun,
): Promise<TrialAccount> {
  // What is asked for before the server is up waits for it.
  const asked = spec.points ? requests : untilAborted(requests, stop);
  const tools = await toolsFor(spec);
  try {
    const { container } = spec.settings;
    await tools.launcher.prepare({ model: spec.models[0].name, container, onNote, signal: stop });
    return await runTrial(spec, tools, asked, say, stop);
  } finally {
    tools.monitor?.close();
    await tools.launcher.close({ signal: abandon, onNote });
  }
}
