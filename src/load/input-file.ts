import { nearest, suggestion } from '../ground/wording.ts';
import { MOST_JSON_BYTES, readInput } from './input-source.ts';
import type { Inference, InputSpec, Row, TensorSpec } from './inputs.ts';
import { JsonText } from './json/json-text.ts';
import { readTensor } from './tensor-entry.ts';

/** Keys of a step that are no tensors, unless the model has one of that name. */
const TIMESTAMP = 'timestamp';
const NO_TENSORS = [TIMESTAMP, 'model'];
/** Most steps that a file may have. */
const MOST_STEPS = 250_000;
/** Of a long key, messages repeat this many characters. */
const KEY_LETTERS = 100;
const FORM = 'expected {"data": [{"INPUT": [values]}]}';

/** Steps one after the other, or in streams: a stream is what one sequence sends. */
export type InputFile =
  | { readonly kind: 'steps'; readonly steps: readonly Inference[] }
  | { readonly kind: 'streams'; readonly streams: Inference[][] };

/**
 * Reads perf_analyzer's input file: `{"data": [step, ...]}`, or a list of steps for each of several streams, and
 * `validation_data` of the same form. A step gives each input as values, as `{content, shape}` or as `{b64}`.
 * @param bytes that it has. @param outputs of the model; undefined where they are not known: then they are not checked.
 * @throws UserError with line and column, naming the step and the input.
 */
export function readInputFile(
  path: string,
  bytes: number,
  inputs: readonly InputSpec[],
  outputs: readonly TensorSpec[] | undefined,
): InputFile {
  const json = new JsonText(readInput(path, bytes, MOST_JSON_BYTES), path);
  const { data, validation } = partsOf(json);
  const given = streamsOf(json, data, 'data');
  const wanted = validation === undefined ? undefined : streamsOf(json, validation, 'validation_data');
  if (given.kind === 'streams' && wanted && wanted.streams.length !== given.streams.length)
    json.fail(
      validation!,
      `validation_data has ${wanted.streams.length} streams, data has ${given.streams.length}`,
    );
  const reader = new StepReader(json, path, inputs, outputs);
  const several = given.streams.length > 1;
  const streams = given.streams.map((steps, stream) => {
    const answers = wanted?.streams[stream];
    if (answers && answers.length !== steps.length)
      json.fail(validation!, `validation_data has ${answers.length} steps, data has ${steps.length}`);
    return steps.map((step, index) =>
      reader.step(step, answers?.[index], `${several ? `stream ${stream + 1}, ` : ''}step ${index + 1}`),
    );
  });
  return given.kind === 'steps' ? { kind: 'steps', steps: streams[0]! } : { kind: 'streams', streams };
}

/** Where data and validation_data start. */
function partsOf(json: JsonText): { data: number; validation: number | undefined } {
  if (json.kind(json.root) !== 'map') json.fail(json.root, 'the file holds no data', FORM);
  const parts = json.entries(json.root);
  const names = ['data', 'validation_data'];
  for (const [key, at] of parts) {
    const meant = key.length > KEY_LETTERS ? undefined : nearest(key, names);
    if (!names.includes(key) && meant !== undefined && !parts.has(meant))
      json.fail(at, `unknown key "${key}"`, `did you mean "${meant}"?`);
  }
  const data = parts.get('data');
  if (data === undefined) return json.fail(json.root, 'the file holds no data', FORM);
  return { data, validation: parts.get('validation_data') };
}

/** Where each step starts, stream by stream; steps in no stream are one. */
function streamsOf(
  json: JsonText,
  at: number,
  what: string,
): { kind: 'steps' | 'streams'; streams: number[][] } {
  if (json.kind(at) !== 'list')
    json.fail(at, `${what} is no list`, 'expected a list of steps, or of lists of steps');
  const items: number[] = [];
  json.eachItem(at, (item) => {
    if (items.push(item) > MOST_STEPS) json.fail(item, `more than ${MOST_STEPS} steps in one file`);
  });
  if (items.length === 0)
    json.fail(at, `${what === 'data' ? 'the file holds no data' : `${what} is empty`}`, FORM);
  const nested = json.kind(items[0]!) === 'list';
  const streams = nested ? items.map((item) => stepsOf(json, item)) : [items];
  let steps = 0;
  for (const [stream, list] of streams.entries()) {
    steps += list.length;
    if (list.length === 0) json.fail(items[stream]!, `${what}: stream ${stream + 1} is empty`);
    if (steps > MOST_STEPS) json.fail(items[stream]!, `more than ${MOST_STEPS} steps in one file`);
    for (const [index, step] of list.entries())
      if (json.kind(step) !== 'map')
        json.fail(
          step,
          `${what}: step ${index + 1} is ${json.excerpt(step)}`,
          'expected {"INPUT": [values]}',
        );
  }
  return { kind: nested ? 'streams' : 'steps', streams };
}

function stepsOf(json: JsonText, stream: number): number[] {
  if (json.kind(stream) !== 'list')
    json.fail(stream, `${json.excerpt(stream)} stands beside streams`, 'put it into a list of its own');
  return json.items(stream);
}

class StepReader {
  readonly #json: JsonText;
  readonly #path: string;
  readonly #inputs: ReadonlyMap<string, InputSpec>;
  readonly #outputs: ReadonlyMap<string, TensorSpec> | undefined;

  constructor(
    json: JsonText,
    path: string,
    inputs: readonly InputSpec[],
    outputs: readonly TensorSpec[] | undefined,
  ) {
    this.#json = json;
    this.#path = path;
    this.#inputs = new Map(inputs.map((spec) => [spec.name, spec]));
    this.#outputs = outputs && new Map(outputs.map((spec) => [spec.name, spec]));
  }

  step(at: number, answer: number | undefined, place: string): Inference {
    const json = this.#json;
    const given = json.entries(at);
    for (const spec of this.#inputs.values()) {
      if (!given.has(spec.name) && !spec.optional) this.#missing(at, spec.name, given, place);
    }
    const inputs = this.#rows(given, this.#inputs, 'input', place);
    const time = this.#inputs.has(TIMESTAMP) ? undefined : given.get(TIMESTAMP);
    const expected =
      answer === undefined || !this.#outputs
        ? undefined
        : this.#rows(json.entries(answer), this.#outputs, 'output', place);
    return {
      inputs,
      ...(expected && { expected }),
      ...(time !== undefined && { dueMs: this.#time(time, place) }),
      place: `${this.#path}: ${place}`,
    };
  }

  #missing(at: number, name: string, given: ReadonlyMap<string, number>, place: string): never {
    const others = [...given.keys()].filter(
      (key) => key.length <= KEY_LETTERS && !this.#inputs.has(key) && !NO_TENSORS.includes(key),
    );
    const near = nearest(name, others);
    return this.#json.fail(
      at,
      `${place}: input "${name}" is missing`,
      near === undefined ? 'one entry for each input of the model' : `write "${name}" instead of "${near}"`,
    );
  }

  #rows(
    given: ReadonlyMap<string, number>,
    specs: ReadonlyMap<string, TensorSpec>,
    what: 'input' | 'output',
    place: string,
  ): Map<string, Row> {
    const rows = new Map<string, Row>();
    for (const [name, at] of given) {
      const spec = specs.get(name);
      if (spec) rows.set(name, readTensor(this.#json, at, spec, `${place}: ${what} "${name}"`));
      else if (!NO_TENSORS.includes(name)) {
        const key = name.slice(0, KEY_LETTERS);
        this.#json.fail(at, `${place}: the model has no ${what} "${key}"`, suggestion(key, specs.keys()));
      }
    }
    return rows;
  }

  /** A number of milliseconds, alone or as the one item of a list. */
  #time(at: number, place: string): number {
    const json = this.#json;
    const [item, ...more] = json.kind(at) === 'list' ? json.items(at) : [at];
    const time = item !== undefined && json.kind(item) === 'number' ? Number(json.source(item)) : Number.NaN;
    if (more.length > 0 || !(time >= 0 && Number.isFinite(time)))
      json.fail(
        at,
        `${place}: ${json.excerpt(at)} is no time`,
        'a timestamp is a number of milliseconds, 0 or more',
      );
    return time;
  }
}
