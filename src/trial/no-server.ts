import { UserError } from '../ground/errors.ts';
import { concernsAll, type Failure, faultOfFailure } from '../server/failure.ts';

/** A server that did not start, and what of its log is to be shown. */
export interface NoServer extends Pick<Failure, 'kind' | 'cause' | 'advice'> {
  readonly logTail: readonly string[];
  readonly logFile: string;
}

/**
 * Whether a server that did not start leaves nothing to measure at all: the first one, and one that failed of what every
 * other would meet, too. A bug of ours costs its own trial alone.
 * @param knowsServer one has come up before.
 */
export const endsRun = (
  failure: Pick<Failure, 'kind'> & { readonly started: boolean },
  knowsServer: boolean,
): boolean => !failure.started && failure.kind !== 'bug of tma' && (!knowsServer || concernsAll(failure));

const LINES = 10;

/** What to tell the user where no server starts at all, so that there is nothing to measure; texts are tellable. */
export function noServer({ kind, cause, advice, logTail, logFile }: NoServer): UserError {
  const tail = logTail.slice(-LINES).map((line) => `  | ${line}`);
  const log = tail.length > 0 ? [`the end of its log ${logFile}:`, ...tail] : [];
  const what = kind === 'other' ? '' : `${kind}: `;
  return new UserError({
    message: `the server does not start: ${what}${cause}`,
    hint: [advice, ...log].join('\n'),
    fault: faultOfFailure(kind),
  });
}
