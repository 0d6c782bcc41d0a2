/** Node takes a longer delay for one of a millisecond. */
const LONGEST_MS = 2 ** 31 - 1;

/** A delay that Node's timers keep: 24 days stand for whatever is longer. */
export const timerMs = (ms: number): number => Math.min(LONGEST_MS, Math.max(0, ms));
