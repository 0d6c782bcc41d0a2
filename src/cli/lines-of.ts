import type { Readable } from 'node:stream';
import { messageOf, userError } from '../ground/errors.ts';

/**
 * The lines of the standard input without their ends; what stands behind the last end is a line, too. It is read only
 * as lines are asked for: nothing is lost while nobody asks.
 * @throws UserError when it can't be read.
 */
export async function* linesOf(input: Readable): AsyncGenerator<string> {
  let rest = '';
  try {
    for await (const chunk of input.setEncoding('utf8')) {
      const [first = '', ...others] = String(chunk).split('\n');
      rest += first;
      for (const next of others) {
        yield rest;
        rest = next;
      }
    }
  } catch (error) {
    throw userError(`cannot read the standard input: ${messageOf(error)}`);
  }
  if (rest !== '') yield rest;
}
