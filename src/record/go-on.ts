import type { Session } from './run.ts';

/** The command that goes on with a session that was interrupted, in words: one with --fresh would begin again. */
export const commandToGoOn = (session: Pick<Session, 'fresh'> | undefined): string =>
  session?.fresh === true ? 'the same command without --fresh' : 'the same command';
