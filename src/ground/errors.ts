/** A position in a file the user wrote; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * Where a mistake is to be mended. input: in what the user wrote or names: perf.yaml, the command line, models, data.
 * environment: where tma runs. The same call would go through with a program, a server, a GPU, a port, a permission, a
 * network or the room on a disk that is missing there.
 */
export type Fault = 'input' | 'environment';

/** One mistake: what is wrong, where, and what to write or do instead. */
export interface Problem {
  readonly message: string;
  readonly place?: Place | undefined;
  readonly hint?: string | undefined;
  /** Absent: input. */
  readonly fault?: Fault | undefined;
}

/**
 * A mistake of the user's or of his machine: printed as one clear message without a stack trace.
 * Everything else that is thrown is a bug of ours.
 */
export class UserError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: Problem | readonly Problem[], options?: { cause?: unknown }) {
    const list: readonly Problem[] = Array.isArray(problems) ? problems : [problems as Problem];
    super(list.map(formatProblem).join('\n'), options);
    this.name = 'UserError';
    this.problems = list;
  }
}

/** `perf.yaml:14:9: message` and, on the next line, the hint. */
export function formatProblem({ message, place, hint }: Problem): string {
  const where = place ? `${place.file}:${place.line}:${place.column}: ` : '';
  return `${where}${message}${hint ? `\n  ${hint}` : ''}`;
}

/** What is wrong, of a mistake; [] of anything else that is thrown. */
export const problemsOf = (error: unknown): readonly Problem[] =>
  error instanceof UserError ? error.problems : [];

/** A mistake as it is told in a line of JSON. */
export type ToldMistake = { readonly kind: 'mistake' } & Problem & Required<Pick<Problem, 'fault'>>;

/** The lines of JSON that tell what is wrong; [] of anything else that is thrown than a mistake. */
export const toldMistakes = (error: unknown): readonly ToldMistake[] =>
  problemsOf(error).map((problem) => ({ kind: 'mistake', ...problem, fault: problem.fault ?? 'input' }));

/** Where several mistakes are to be mended: what the user wrote comes first. */
export const faultOf = (problems: readonly Problem[]): Fault =>
  problems.length > 0 && problems.every(({ fault }) => fault === 'environment') ? 'environment' : 'input';

/** Shorthand for the usual single problem. */
export const userError = (message: string, hint?: string, place?: Place): UserError =>
  new UserError({ message, hint, place });

/** The same of what is missing where tma runs. */
export const environmentError = (message: string, hint?: string): UserError =>
  new UserError({ message, hint, fault: 'environment' });

/** Mistakes told at once; the others are told when these are mended. */
export const MOST_TOLD = 40;

/** @throws UserError with all mistakes in the order of their places, those without one first. */
export function refuse(problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  const order = ({ place }: Problem): number => (place ? place.line * 1e6 + place.column : 0);
  const sorted = [...problems].sort((a, b) => order(a) - order(b));
  const more = sorted.length - MOST_TOLD;
  throw new UserError([
    ...sorted.slice(0, MOST_TOLD),
    ...(more > 0 ? [{ message: `and ${more} mistakes more`, fault: faultOf(sorted.slice(MOST_TOLD)) }] : []),
  ]);
}

/** Does something, and gives mistakes that have no place of their own the one given. */
export function placed<Result>(place: Place | undefined, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(error.problems.map((problem) => ({ ...problem, place: problem.place ?? place })));
  }
}

/**
 * Does the same with each item; what is wrong with one is told together with what is wrong with the others.
 * @throws UserError with all their problems, each once.
 */
export async function gatherMistakes<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Result | Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const problems = new Map<string, Problem>();
  for (const item of items) {
    try {
      results.push(await work(item));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      for (const problem of error.problems) problems.set(formatProblem(problem), problem);
    }
  }
  refuse([...problems.values()]);
  return results;
}

/** The message of anything thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What a user understands without the system's code, which is left out then. */
const PLAIN_CODES: ReadonlySet<string> = new Set(['ENOENT', 'EACCES', 'EPERM', 'EISDIR', 'ENOTDIR']);

/**
 * The reason that the operating system gave, for a message that names the file itself: `no such file or directory`. What is
 * rare keeps its code, by which more is found about it.
 */
export function reasonOf(error: unknown): string {
  const message = messageOf(error);
  const [, code = '', reason = ''] = /^([A-Z][A-Z0-9]+): (.+?), \w+(?: '.*)?$/s.exec(message) ?? [];
  return PLAIN_CODES.has(code) ? reason : message;
}

/** The operating system's code of an error (`ENOENT`, `ENOSPC`), if it carries one. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
