import { isAlive, listProcesses, type ProcessState, processState } from './processes.ts';

/** The processes of a server, watched from its start on. */
export interface Family extends Disposable {
  /** Every process that was ever seen in its group. */
  readonly seen: ReadonlySet<number>;
}

const LOOK_MS = 500;
/** Looks become rarer on a machine with many processes, so that looking takes this share of one core at most. */
const SHARE = 0.005;
/** A process that was stopped (SIGSTOP) for so long will not go on by itself. */
const STOPPED_MS = 15_000;
/**
 * Triton notices the end of a Python model's process at once, but for one that died while it was starting: that is
 * waited for without end, so that it is told after this time.
 */
const UNNOTICED_MS = 5000;
/** The process that Triton's Python backend runs a model in, as the kernel cuts its name. */
const STUB = 'triton_python_backend_stub'.slice(0, 15);
/** The shell that Triton starts it through; where it could not be started, this is the process that has ended. */
const SHELL = 'bash';
const TRITON = 'tritonserver';

/**
 * Watches a process group: which processes it has, and whether the server can't go on, though it has not ended: a
 * process is stopped (SIGSTOP) and stays so, or Triton waits for a Python model's that is dead. That is told in words,
 * once.
 */
export function watchFamily(
  group: number,
  onStuck: (what: string) => void,
  stoppedLimitMs = STOPPED_MS,
): Family {
  const seen = new Set<number>([group]);
  const stuckMs = new Map<number, number>();
  let timer: NodeJS.Timeout | undefined;
  let last = performance.now();
  const look = (): void => {
    const begun = performance.now();
    // After a pause of our own, such as a suspended machine, nothing is known of what was between.
    const passed = Math.min(begun - last, 2 * LOOK_MS);
    last = begun;
    for (const member of listProcesses().filter((item) => item.group === group)) {
      seen.add(member.pid);
      const long = isStuck(member) || isShellOfTriton(member) ? (stuckMs.get(member.pid) ?? 0) + passed : 0;
      stuckMs.set(member.pid, long);
      if (long < (member.state === 'T' ? stoppedLimitMs : UNNOTICED_MS)) continue;
      onStuck(wordsFor(member, long));
      return;
    }
    timer = setTimeout(look, Math.max(LOOK_MS, (performance.now() - begun) / SHARE));
    timer.unref();
  };
  look();
  return { seen, [Symbol.dispose]: () => clearTimeout(timer) };
}

const isStuck = ({ state, name }: ProcessState): boolean => state === 'T' || (state === 'Z' && name === STUB);

/** Whether it is a shell that Triton started, which has ended without becoming a Python model's process. */
const isShellOfTriton = ({ state, name, parent }: ProcessState): boolean =>
  state === 'Z' && name === SHELL && processState(parent)?.name === TRITON;

const wordsFor = ({ state, name, pid }: ProcessState, ms: number): string =>
  state === 'T'
    ? `${name} (process ${pid}) was stopped by somebody and did not go on for ${Math.round(ms / 1000)} s`
    : `the process of a Python model (triton_python_backend_stub, ${pid}) has ended, and Triton waits for it`;

const STUB_LOOK_MS = 300;

/**
 * Resolves with the words for it when one of the processes that run Python models now is gone. Nobody may unload a
 * model meanwhile. Without such processes, or where they can't be seen, it never resolves.
 */
export function interpreterLost(pids: readonly number[], signal: AbortSignal): Promise<string> {
  const stubs = pids.map(processState).filter((item) => item?.name === STUB && isAlive(item));
  return new Promise((resolve) => {
    if (stubs.length === 0) return;
    const look = (): void => {
      const lost = stubs.find((stub) => {
        const now = processState(stub!.pid);
        return now?.start !== stub!.start || !isAlive(now);
      });
      if (!lost) return;
      clearInterval(timer);
      resolve(`the process of a Python model (triton_python_backend_stub, ${lost.pid}) has ended`);
    };
    const timer = setInterval(look, STUB_LOOK_MS);
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  });
}
