import { shown } from '../ground/wording.ts';
import {
  type Experiment,
  finishNotice,
  postNotice,
  type Ranking,
  type Run,
  type UserError,
} from '../index.ts';
import { codeForError, EXIT, type Process } from './process.ts';

/** What is known of a run so far; whoever makes it fills it in. */
export interface Known {
  run?: Run;
  rankings?: readonly Ranking[];
  mistakes?: readonly UserError[];
}

/**
 * Does the work of a run, and tells the address of `on_finish` how it ended, whichever way; that changes neither its exit
 * code nor what it throws. An address that was not told is a warning.
 * @param abandon aborted: it is not told any more.
 */
export async function tellingEnd(
  process: Process,
  { onFinish, models }: Pick<Experiment, 'onFinish' | 'models'>,
  known: Known,
  abandon: AbortSignal,
  work: () => Promise<number>,
): Promise<number> {
  if (onFinish === undefined) return await work();
  const startedAt = new Date();
  const tell = async (exitCode: number, ...thrown: readonly unknown[]): Promise<void> => {
    const { run, rankings, mistakes = [] } = known;
    const interrupted = exitCode === EXIT.interrupted;
    const errors = [...mistakes, ...thrown];
    const finish = { exitCode, interrupted, startedAt, endedAt: new Date(), run, rankings, errors };
    // Whatever goes wrong here, the run is what it is.
    const post = async () => await postNotice(onFinish, finishNotice({ models }, finish), abandon);
    const why = await post().catch(() => 'a bug of tma kept it from being told');
    if (why !== undefined) process.stderr.write(`${shown(`--on-finish: ${why}`)}\n`);
  };
  let code: number;
  try {
    code = await work();
  } catch (error) {
    await tell(codeForError(error), error);
    throw error;
  }
  await tell(code);
  return code;
}
