import { type AnswerForm, outputsOf } from './answer-outputs.ts';
import { type AnswerBody, failure, type RequestFailure } from './connection.ts';
import { differenceOf } from './difference.ts';
import type { ExpectedOutput } from './protocol.ts';

/** What is wrong with an answer whose outputs are known beforehand; undefined when they are as they must be. */
export function validate(
  answer: AnswerBody | undefined,
  expected: readonly ExpectedOutput[],
  engine: AnswerForm,
): RequestFailure | undefined {
  let outputs: ReadonlyMap<string, Uint8Array> | undefined;
  try {
    outputs = answer && outputsOf(answer, engine);
  } catch {
    // Told below.
  }
  if (!outputs) return failure('wrong output', 'the answer holds no outputs that can be compared');
  for (const { name, datatype, data } of expected) {
    const found = outputs.get(name);
    if (!found) return failure('wrong output', `output "${name}" is missing`);
    const difference = differenceOf(datatype, found, data);
    if (difference)
      return failure('wrong output', `output "${name}" is not what validation_data says: ${difference}`);
  }
  return undefined;
}
