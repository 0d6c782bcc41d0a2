import { within } from '../ground/timers.ts';
import type { Server } from './launcher.ts';
import { DOES_NOT_ANSWER } from './silence.ts';

const SOON_MS = 300;
/** An engine takes its time to tell that a container has ended. */
const LATE_MS = 5000;

/** How a server ended, if it did: asked after a call to it has failed. undefined = it lives. */
export async function howItEnded(server: Server): Promise<string | undefined> {
  const soon = await within(SOON_MS, server.ended);
  if (soon !== undefined || (await server.triton.isLive())) return soon;
  return (await within(LATE_MS, server.ended)) ?? DOES_NOT_ANSWER;
}
