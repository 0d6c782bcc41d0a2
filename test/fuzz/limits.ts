/** What no case may exceed. */
export const MOST_CPU_MS = 2000;
export const MOST_MB = 1000;
/** A case that waits for something, which takes no processor time, must have ended by then on a busy machine, too. */
export const MOST_WALL_MS = 60_000;
