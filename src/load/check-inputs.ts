import type { LoadSettings } from '../config/experiment.ts';
import { type Place, placed } from '../ground/errors.ts';
import { maxBatchSize } from '../model-config/config.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import type { ModelMetadata } from '../server/triton.ts';
import {
  type InputSpec,
  inputsOfConfig,
  inputsOfMetadata,
  isBatching,
  isComplete,
  outputsOfConfig,
  outputsOfMetadata,
  resolveShapes,
  type TensorSpec,
} from './inputs.ts';
import { checkGenerated, makePayloads } from './payloads.ts';

/** What will be sent. */
interface Sent {
  readonly load: LoadSettings;
  readonly batchSizes: readonly number[];
  /** Where in perf.yaml the model stands, and where the flags of its load. */
  readonly place?: Place | undefined;
  readonly flagsPlace?: Place | undefined;
}

const isGiven = ({ inputData }: LoadSettings): boolean =>
  inputData.some(({ kind }) => kind === 'file' || kind === 'folder');

/**
 * Looks before a server starts whether shapes and data fit the inputs that a configuration names; nothing where it
 * leaves
 * some to the server.
 * @throws UserError for what does not fit, and for requests that are larger than tma sends.
 */
export function checkInputs(config: ModelConfig, sent: Sent): void {
  if (!isComplete(config, 'input')) return;
  const outputs = isComplete(config, 'output') ? outputsOfConfig(config) : undefined;
  check(inputsOfConfig(config), outputs, sent, maxBatchSize(config) > 0);
}

/**
 * The same for a model that a server has.
 * @returns what was guessed, in words.
 */
export function checkServed(model: ModelMetadata, config: ModelConfig, sent: Sent): readonly string[] {
  const inputs = inputsOfMetadata(model, config);
  const batching = isBatching(model, config);
  check(inputs, outputsOfMetadata(model, config), sent, batching);
  return guesses(inputs, sent.load, batching);
}

/** What will be sent where a model leaves sizes open and nobody gave them, in words. */
export const guessesOf = (config: ModelConfig, load: LoadSettings): readonly string[] =>
  isComplete(config, 'input') ? guesses(inputsOfConfig(config), load, maxBatchSize(config) > 0) : [];

const guesses = (inputs: readonly InputSpec[], load: LoadSettings, batching: boolean): readonly string[] =>
  isGiven(load) ? [] : resolveShapes(inputs, load.shapes, { batching }).guesses;

function check(
  inputs: readonly InputSpec[],
  outputs: readonly TensorSpec[] | undefined,
  { load, batchSizes, place, flagsPlace = place }: Sent,
  dimension: boolean,
): void {
  // What does not fit at the smallest and at the largest batch size is told now.
  const sizes = new Set([Math.min(...batchSizes), Math.max(...batchSizes)]);
  placed(flagsPlace, () => {
    for (const size of sizes) {
      const batch = { size: dimension ? size : 1, dimension };
      if (isGiven(load)) makePayloads(inputs, outputs, load, batch);
      else checkGenerated(resolveShapes(inputs, load.shapes, { batching: dimension }).inputs, load, batch);
    }
  });
}
