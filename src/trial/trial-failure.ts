import { codeOf, messageOf, UserError } from '../ground/errors.ts';
import { LoadFailure } from '../load/load-generator.ts';
import { howItEnded } from '../server/death.ts';
import type { Evidence } from '../server/evidence.ts';
import { type Server, ServerFailure } from '../server/launcher.ts';
import { TritonError } from '../server/triton.ts';

/** What failed in a trial, and whether its server can still be used. */
export interface TrialFailure {
  readonly failure: ServerFailure;
  readonly over: boolean;
}

/** Where something was thrown. */
interface Scene {
  readonly step: Evidence['step'];
  /** undefined: it never came up. */
  readonly server: Server | undefined;
  /** What the model has lost, where the server itself may live on. */
  readonly lost: string | undefined;
  readonly redact: (text: string) => string;
}

const TAIL_LINES = 30;

/**
 * What was thrown inside a trial, as data: a failure of the server or of the load, or a bug of ours, which costs this
 * trial and no other. A mistake of the user's is none of these: it is thrown on, unless the server has ended.
 * @throws UserError
 */
export async function failureOf(error: unknown, scene: Scene): Promise<TrialFailure> {
  if (error instanceof ServerFailure) return { failure: error, over: true };
  const { server, step, redact } = scene;
  const ended = (server && (await howItEnded(server))) ?? scene.lost;
  if (ended === undefined && error instanceof UserError) throw error;
  if (ended === undefined && !isOfTheWorld(error)) return { failure: bug(error), over: true };
  if (!server) {
    const message = redact(messageOf(error));
    return { failure: new ServerFailure({ step: 'start', message, log: [] }), over: true };
  }
  // What ends a library that is loaded for each load is that it, or the model, can't be loaded: the error says so.
  const inProcess = ended !== undefined && server.inProcess !== undefined;
  const failure = new ServerFailure({
    step: inProcess ? 'load' : step,
    message: redact(messageOf(error)),
    log: server.logTail(TAIL_LINES),
    ended: inProcess ? undefined : ended,
    killedForMemory: await server.killedForMemory(),
  });
  return { failure, over: ended !== undefined || step !== 'inference' };
}

/** What a server, a network or an operating system may do, and no program can help. */
const isOfTheWorld = (error: unknown): boolean =>
  error instanceof LoadFailure ||
  error instanceof TritonError ||
  /^(E[A-Z0-9]+|HPE_\w+|ERR_(TLS|SSL|HTTP2|STREAM)\w*)$/.test(codeOf(error) ?? '');

/** Its stack stands where the end of a log would. */
function bug(error: unknown): ServerFailure {
  const stack = error instanceof Error ? (error.stack ?? '').split('\n') : [];
  const name = error instanceof Error ? `${error.name}: ` : '';
  return new ServerFailure({
    step: 'inference',
    message: `${name}${messageOf(error)}`,
    log: stack.map((line) => line.trimEnd()),
    bug: true,
  });
}
