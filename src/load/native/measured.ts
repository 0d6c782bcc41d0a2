import type { Timeline } from '../../statistics/timeline.ts';
import type { Tally } from './cut-tally.ts';

/** A window with what was read from the server at its edges. */
export interface Window<Scrape> {
  readonly tally: Tally;
  readonly before: Scrape;
  readonly after: Scrape;
}

/** What was measured, the warm-up left out or not. */
export interface Measured<Scrape> {
  readonly windows: readonly Window<Scrape>[];
  /** The first one that counts, and how many there were before some were joined. */
  readonly from: number;
  readonly count: number;
  readonly stable: boolean;
  readonly warmupS: number;
  readonly timeline: Timeline;
  /** What a reader should know before trusting it. */
  readonly remarks: readonly string[];
}
