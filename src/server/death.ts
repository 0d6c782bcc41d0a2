import { within } from '../ground/timers.ts';
import type { Server } from './launcher.ts';
import { DOES_NOT_ANSWER } from './silence.ts';

/** A server that has just ended is told of within this time, ms. */
const SOON_MS = 300;
/** One that no longer answers may still be writing its core; an engine takes its time to tell that a container ended. */
const LATE_MS = 5000;

/** How a server ended, if it did: asked after a call to it has failed. undefined = it lives. */
export async function howItEnded(server: Server): Promise<string | undefined> {
  const lives = server.triton.isLive();
  const soon = server.endsUnseen ? undefined : await within(SOON_MS, server.ended);
  if (soon !== undefined || (await lives)) return soon;
  const late = server.endsUnseen ? undefined : await within(LATE_MS, server.ended);
  return late ?? DOES_NOT_ANSWER;
}
