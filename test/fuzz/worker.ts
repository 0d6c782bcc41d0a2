import { openSync, writeSync } from 'node:fs';
import { randomOf } from '../support/random.ts';
import { describe, peakMB, tryCase } from './case.ts';
import { MOST_MB } from './limits.ts';
import { progressFile, type Told, type Work } from './protocol.ts';
import { shrink } from './shrink.ts';
import type { Target } from './target.ts';
import { TARGETS } from './targets.ts';

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
  // What is thrown where nobody waits for it would end tma.
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      const { signature, stack } = describe(error);
      const input = target.make(randomOf(seed, number)).toString('base64');
      tell({ kind: 'finding', number, signature: `uncaught: ${signature}`, stack, input });
    });
  }
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
  tell({ kind: 'done', next: number, ...count, slowestMs, slowest, peakMB: peakMB() }, () => process.exit());
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

const tell = (told: Told, onSent: () => void = () => {}): void => void process.send!(told, onSent);

// Nobody is there any more who wants to know.
process.on('disconnect', () => process.exit());
process.once('message', (given) => void work(given as Work));
