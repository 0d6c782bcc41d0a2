import { join } from 'node:path';

/** What a worker is to do: the cases `from` to below `to` of a kind. */
export interface Work {
  readonly kind: string;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  readonly folder: string;
}

/** What a worker tells. */
export type Told =
  | {
      readonly kind: 'finding';
      readonly number: number;
      readonly signature: string;
      readonly stack: string;
      readonly input: string;
    }
  | {
      readonly kind: 'done';
      readonly next: number;
      readonly accepted: number;
      readonly refused: number;
      readonly wrong: number;
      readonly slowestMs: number;
      readonly slowest: number;
      readonly peakMB: number;
    };

/** Where a worker writes what it is at, so that a case that kills or never ends is known: case and try. */
export const progressFile = (folder: string): string => join(folder, 'at');
