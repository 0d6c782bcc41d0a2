import { messageOf } from '../ground/errors.ts';
import { howItEnded } from './death.ts';
import type { Evidence } from './evidence.ts';
import { type Server, ServerFailure } from './launcher.ts';

const TAIL_LINES = 30;

/** What is known of a failure beside what the server itself tells. */
interface Known {
  readonly message: string;
  readonly ended?: string | undefined;
  readonly timeoutS?: number;
}

/** A failure of a server, with its log and whether it was killed for lack of memory. */
export async function serverFailure(
  server: Server,
  step: Evidence['step'],
  known: Known,
): Promise<ServerFailure> {
  const killedForMemory = await server.killedForMemory();
  return new ServerFailure({ step, log: server.logTail(TAIL_LINES), killedForMemory, ...known });
}

/**
 * A call of its API that failed as a failure of the server's: it died, does not answer any more, or answered what it must
 * not. A dying server resets a connection a moment before its end is known.
 */
export const callFailure = async (
  server: Server,
  step: Evidence['step'],
  error: unknown,
): Promise<ServerFailure> =>
  await serverFailure(server, step, { message: messageOf(error), ended: await howItEnded(server) });
