import { setTimeout as sleep } from 'node:timers/promises';
import type { Server } from './launcher.ts';
import { DOES_NOT_ANSWER } from './silence.ts';

const SOON_MS = 300;
/** An engine takes its time to tell that a container has ended. */
const LATE_MS = 5000;

/** How a server ended, if it did: asked after a call to it has failed. undefined = it lives. */
export async function howItEnded(server: Server): Promise<string | undefined> {
  const soon = await Promise.race([server.ended, sleep(SOON_MS, undefined)]);
  if (soon !== undefined || (await server.triton.isLive())) return soon;
  const late = await Promise.race([server.ended, sleep(LATE_MS, undefined)]);
  return late ?? DOES_NOT_ANSWER;
}
