import type { LoadSettings } from '../config/experiment.ts';
import { type Place, UserError } from '../errors.ts';
import { type ModelConfig, maxBatchSize } from '../model-config/config.ts';
import { inputsOfConfig, isComplete, outputsOfConfig, resolveShapes } from './inputs.ts';
import { checkGenerated, makePayloads } from './payloads.ts';

/** What will be sent, as far as a configuration tells it. */
interface Sent {
  readonly load: LoadSettings;
  readonly batchSizes: readonly number[];
  /** Where the user wrote it. */
  readonly place?: Place | undefined;
}

const isGiven = ({ inputData }: LoadSettings): boolean =>
  inputData.some(({ kind }) => kind === 'file' || kind === 'folder');

/**
 * Looks before a server starts whether shapes and data fit the inputs that a configuration names; nothing where it leaves
 * some to the server.
 * @throws UserError for what does not fit, and for requests that are larger than tma sends.
 */
export function checkInputs(config: ModelConfig, { load, batchSizes, place }: Sent): void {
  if (!isComplete(config, 'input')) return;
  const inputs = inputsOfConfig(config);
  const outputs = isComplete(config, 'output') ? outputsOfConfig(config) : undefined;
  const dimension = maxBatchSize(config) > 0;
  try {
    // What does not fit at the smallest and at the largest batch size is told now.
    const sizes = dimension ? new Set([Math.min(...batchSizes), Math.max(...batchSizes)]) : [1];
    for (const size of sizes) {
      const batch = { size, dimension };
      if (isGiven(load)) makePayloads(inputs, outputs, load, batch);
      else checkGenerated(resolveShapes(inputs, load.shapes, { batching: dimension }).inputs, load, batch);
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(error.problems.map((problem) => ({ ...problem, place: problem.place ?? place })));
  }
}

/** What will be sent where a model leaves sizes open and nobody gave them, in words. */
export function guessesOf(config: ModelConfig, load: LoadSettings): readonly string[] {
  if (isGiven(load) || !isComplete(config, 'input')) return [];
  return resolveShapes(inputsOfConfig(config), load.shapes, { batching: maxBatchSize(config) > 0 }).guesses;
}
