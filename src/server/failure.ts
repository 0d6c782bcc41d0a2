import type { Fault } from '../ground/errors.ts';
import type { FailureKind } from '../record/failure-kind.ts';
import type { Evidence } from './evidence.ts';
import { RULES, type Rule } from './failure-rules.ts';
import { decisiveLine, isError, plainLine } from './log.ts';

/** A failure in words: what, the lines that show it, and what to try. */
export interface Failure {
  readonly kind: FailureKind;
  /** One line, without the kind. */
  readonly cause: string;
  /** The decisive lines of the server's log, at most five. */
  readonly lines: readonly string[];
  readonly advice: string;
}

/** What a failure is, in words: the one place that decides it, for every launcher. */
export function classify(evidence: Evidence): Failure {
  const { step, message, log, ended, killedForMemory, timeoutS } = evidence;
  if (evidence.bug)
    return { kind: 'bug of tma', cause: shortReason(message), lines: log.slice(1, 4), advice: REPORT };
  const inMessage = ruleFor(message, step) ?? (ended ? ruleFor(ended, step) : undefined);
  if (killedForMemory === true && inMessage?.kind !== 'out of GPU memory') {
    const what = ended
      ? `the server was killed${when(step)}`
      : `a process of the server was killed${when(step)}`;
    return failure('out of memory', `${what}: its memory was used up`, log);
  }
  if (timeoutS !== undefined) return timedOut(evidence, timeoutS);
  // A dead or silent server's log says why; a living one's may hold what others did wrong before.
  const line = ended ? decisiveLine(log) : undefined;
  const telling = ended || /failed to poll/.test(message) ? [...errorsOf(log), line ?? ''] : [];
  const inLog = telling.map((text) => ruleFor(text, step));
  const rule = inMessage ?? inLog.findLast((found) => found !== undefined);
  const reason = /failed to poll/.test(message) ? (pollReason(log) ?? message) : message;
  if (ended) {
    const died = `${ended}${when(step)}${line ? `: ${line}` : ''}`;
    return failure(rule?.kind ?? 'server died', died, log, rule?.advice);
  }
  return failure(
    rule?.kind ?? (step === 'inference' ? 'inference errors' : 'other'),
    reason,
    log,
    rule?.advice,
  );
}

const REPORT =
  'please report it, with the lines of its stack; what was measured is kept, and the other configurations go on';

const ruleFor = (text: string, step: Evidence['step']): Rule | undefined =>
  RULES.find(({ steps, signs }) => (!steps || steps.includes(step)) && signs.test(text));

const when = (step: Evidence['step']): string =>
  step === 'load'
    ? ' while loading the model'
    : step === 'inference'
      ? ' under load'
      : ' before it was ready';

function timedOut({ step, log }: Evidence, timeoutS: number): Failure {
  if (step !== 'load')
    return failure('server not ready', `tritonserver was not ready after ${timeoutS} s`, log);
  const building = log.findLast((line) => /tensorrt|openvino|engine|build/i.test(line));
  const cause = `the model was not loaded after ${timeoutS} s (--model-load-timeout)`;
  return failure('load too long', building ? `${cause}; last: ${plainLine(building)}` : cause, log);
}

/** Advice of the kinds that no sign tells. */
const OTHER_ADVICE: Partial<Record<FailureKind, string>> = {
  'load too long': 'raise --model-load-timeout; with --cache-directory an engine that was built once is kept',
  'server not ready': 'raise --client-max-retries (seconds), and see the log',
  'server died': 'see the log; the same configuration may work with fewer instances',
  'inference errors': 'see the message: the inputs may not be what the model expects (perf_analyzer_flags)',
  other: 'see the log',
};

function failure(kind: FailureKind, cause: string, log: readonly string[], advice?: string): Failure {
  const known =
    advice ?? OTHER_ADVICE[kind] ?? RULES.find((rule) => rule.kind === kind)?.advice ?? 'see the log';
  return { kind, cause: shortReason(cause), lines: errorsOf(log).slice(-5).map(plainLine), advice: known };
}

const errorsOf = (log: readonly string[]): string[] =>
  log.filter((line) => isError(line) || /^I\d{4}.*Failed to|out of memory/i.test(line));

const pollReason = (log: readonly string[]): string | undefined =>
  log
    .findLast((line) => /Poll failed for model directory|failed to poll model/.test(line))
    ?.match(/(?:Poll failed for model directory|failed to poll model) '[^']*': (.*?)"?$/)?.[1];

/** An error of Triton's without what it repeats, on one line. */
export function shortReason(message: string): string {
  return message
    .replace(/^load failed for model '[^']*':\s*/, '')
    .replace(/^version \d+ is at UNAVAILABLE state:\s*/, '')
    .split('\n')
    .map((line) => line.trim().replace(/;$/, ''))
    .filter((line) => line !== '' && !/^(At:|\/.*\(\d+\):|<frozen )/.test(line))
    .join(' ');
}

const CONCERNS_ALL: ReadonlySet<FailureKind> = new Set([
  'engine unreachable',
  'image missing',
  'image unfit',
  'container refused',
  'port taken',
  'model control off',
]);

/** Failures that every other variant would meet, too: the run ends with them. */
export const concernsAll = ({ kind }: Pick<Failure, 'kind'>): boolean => CONCERNS_ALL.has(kind);

/** Failures that other words in perf.yaml, in config.pbtxt or on the command line put right. */
const OF_INPUT: ReadonlySet<FailureKind> = new Set([
  'container refused',
  'flag rejected',
  'repository not visible',
  'version folder missing',
  'config rejected',
]);

/** Where a server that does not start, or a model that is not served, is to be mended. */
export const faultOfFailure = (kind: FailureKind): Fault => (OF_INPUT.has(kind) ? 'input' : 'environment');

/** Failures for want of room: a larger variant can't do better. */
export const wantsRoom = (kind: FailureKind): boolean =>
  kind === 'out of GPU memory' || kind === 'out of memory' || kind === 'out of shared memory';
