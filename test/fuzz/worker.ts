import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { randomOf } from '../support/random.ts';
import { peakMB, tryCase } from './case.ts';
import { MOST_MB } from './limits.ts';
import { shrink } from './shrink.ts';
import type { Target } from './target.ts';
import { TARGETS } from './targets.ts';

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

async function work({ kind, seed, from, to, folder }: Work): Promise<void> {
  const target = await (await TARGETS[kind]!())(folder);
  const progress = openSync(progressFile(folder), 'w');
  const mark = Buffer.alloc(16);
  const at = (number: number, attempt: number): void => {
    mark.writeDoubleLE(number, 0);
    mark.writeDoubleLE(attempt, 8);
    writeSync(progress, mark, 0, 16, 0);
  };
  const count = { accepted: 0, refused: 0, wrong: 0 };
  let slowestMs = 0;
  let slowest = from;
  const known = new Set<string>();
  let number = from;
  for (; number < to && peakMB() <= MOST_MB; number++) {
    at(number, 0);
    const input = target.make(randomOf(seed, number));
    const { kind: outcome, cpuMs, signature, stack = '' } = await tryCase(target, input);
    count[outcome]++;
    if (cpuMs > slowestMs) [slowestMs, slowest] = [cpuMs, number];
    if (signature !== undefined) {
      const isNew = !known.has(signature);
      known.add(signature);
      const small = isNew
        ? await smallest(target, input, signature, (attempt) => at(number, attempt))
        : input;
      tell({ kind: 'finding', number, signature, stack, input: small.toString('base64') });
    }
    // What is told leaves only when there is time for it.
    if (number % 64 === 0) await new Promise(setImmediate);
  }
  tell({ kind: 'done', next: number, ...count, slowestMs, slowest, peakMB: peakMB() });
  process.disconnect();
}

/** An input that goes wrong alike, but for those that take long or much, of which there are to be few. */
async function smallest(
  target: Target,
  input: Buffer,
  signature: string,
  onTry: (attempt: number) => void,
): Promise<Buffer> {
  if (signature.startsWith('takes ')) return input;
  let attempt = 0;
  return await shrink(input, async (part) => {
    onTry(++attempt);
    return (await tryCase(target, part)).signature === signature;
  });
}

const tell = (told: Told): void => void process.send!(told);

process.once('message', (given) => void work(given as Work));
