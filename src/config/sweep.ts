import type { Place, Problem } from '../errors.ts';
import { describeType, type FieldType, MODEL_CONFIG_TYPE } from '../model-config/schema.ts';
import { suggestion } from '../wording.ts';
import type { Parameter } from './experiment.ts';
import { isMapping } from './values.ts';
import { type Path, show } from './yaml.ts';

/**
 * `model_config_parameters` as a list of parameters, by Model Analyzer's sweep rule at every level: a value is
 * first read as the field's own type; if it is not of that type and is a list, each item is one choice. So a
 * list sweeps a scalar or a message, and a list of lists sweeps a repeated field. `null` leaves the field alone; as an
 * item of a list of messages it is the choice to be without the field. A range sweeps an integer: {start, stop, step}.
 * @param placeOf where the value at a path below `model_config_parameters` stands in the file.
 */
export function parametersOf(
  value: unknown,
  placeOf: (path: Path) => Place | undefined,
): { parameters: Parameter[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const fail = (path: Path, message: string, hint?: string): void => {
    problems.push({ message: `${pathText(path)}: ${message}`, place: placeOf(path), hint });
  };
  const parameters = flatten(MODEL_CONFIG_TYPE, value, [], fail).map(
    ({ segments, values }): Parameter => ({
      path: pathText(segments),
      segments,
      values,
      place: placeOf(segments),
    }),
  );
  return { parameters, problems };
}

type Fail = (path: Path, message: string, hint?: string) => void;
type Sweep = Pick<Parameter, 'segments' | 'values'>;

/** The sweeps below one value; problems go to `fail`. */
function flatten(type: FieldType, value: unknown, path: Path, fail: Fail): Sweep[] {
  if (value === null || value === undefined) return [];
  if (hasType(type, value)) return flattenTyped(type, value, path, fail);
  const range = type.kind === 'integer' ? valuesOfRange(value) : undefined;
  if (range) return [{ segments: path, values: range }];
  const mayBeAbsent = type.kind === 'message';
  if (!Array.isArray(value) || value.length === 0 || (value.some((item) => item === null) && !mayBeAbsent)) {
    const found = value === '' ? 'an empty text' : show(value);
    fail(
      path,
      `expected ${describeType(type)}, or a list of such to try each, found ${found}`,
      type.kind === 'integer' && isMapping(value) ? 'a range is {start, stop, step}, start first' : undefined,
    );
    return [];
  }
  return [{ segments: path, values: value.flatMap((item, index) => expand(type, item, path, index, fail)) }];
}

/** The numbers of `{start, stop, step}`, `stop` included; undefined for anything else. */
function valuesOfRange(value: unknown): number[] | undefined {
  if (!isMapping(value)) return undefined;
  const { start, stop, step = 1, ...others } = value;
  const isCount = (item: unknown): item is number => Number.isInteger(item) && (item as number) >= 0;
  if (!isCount(start) || !isCount(stop) || !isCount(step)) return undefined;
  if (step === 0 || start > stop || Object.keys(others).length > 0) return undefined;
  return Array.from({ length: Math.floor((stop - start) / step) + 1 }, (_, index) => start + index * step);
}

/** All the values that one choice of a sweep stands for: one, unless the choice holds sweeps itself. */
function expand(type: FieldType, value: unknown, path: Path, index: number, fail: Fail): unknown[] {
  if (value === null) return [null];
  const at = [...path, index];
  if (!hasType(type, value)) {
    fail(at, `expected ${describeType(type)}, found ${show(value)}`);
    return [];
  }
  const inner = flattenTyped(type, value, [], (below, message, hint) =>
    fail([...at, ...below], message, hint),
  );
  return [...combinations(inner)].map((choice) => buildValue(choice));
}

function flattenTyped(type: FieldType, value: unknown, path: Path, fail: Fail): Sweep[] {
  if (type.kind === 'message' && isMapping(value)) {
    if (Object.keys(value).length === 0) return [{ segments: path, values: [{}] }];
    return Object.entries(value).flatMap(([key, item]) => {
      const field = type.fields.get(key);
      if (field) return flatten(field, item, [...path, key], fail);
      fail([...path, key], `no such field in Triton's ${type.name}`, suggestion(key, type.fields.keys()));
      return [];
    });
  }
  if (type.kind === 'map' && isMapping(value)) {
    if (Object.keys(value).length === 0) return [{ segments: path, values: [{}] }];
    return Object.entries(value).flatMap(([key, item]) => flatten(type.of, item, [...path, key], fail));
  }
  if (type.kind === 'list' && Array.isArray(value)) {
    if (type.of.kind === 'message' && value.length > 0) {
      return value.flatMap((item, index) => flattenTyped(type.of, item, [...path, index], fail));
    }
    return [{ segments: path, values: [value.map((item) => scalarValue(type.of, item))] }];
  }
  return [{ segments: path, values: [scalarValue(type, value)] }];
}

/** Whether a value is of a type by its outer shape; what is inside a message is checked on the way down. */
function hasType(type: FieldType, value: unknown): boolean {
  switch (type.kind) {
    case 'message':
    case 'map':
      return isMapping(value);
    case 'list':
      return Array.isArray(value) && value.every((item) => hasType(type.of, item));
    case 'enum':
      return type.names.includes(String(value));
    case 'boolean':
      return typeof value === 'boolean' || value === 'true' || value === 'false';
    case 'string':
      return ['string', 'number', 'boolean'].includes(typeof value);
    case 'integer':
    case 'number': {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      if (typeof number !== 'number' || !Number.isFinite(number)) return false;
      return type.kind === 'number' || (Number.isInteger(number) && (type.signed || number >= 0));
    }
  }
}

function scalarValue(type: FieldType, value: unknown): unknown {
  switch (type.kind) {
    case 'string':
    case 'enum':
      return String(value);
    case 'boolean':
      return value === true || value === 'true';
    case 'integer':
    case 'number':
      return Number(value);
    default:
      return value;
  }
}

/** Every choice of one value per sweep, in order, the last sweep changing fastest. */
export function* combinations(
  sweeps: readonly Sweep[],
): Generator<readonly { segments: Path; value: unknown }[], void, undefined> {
  const [first, ...rest] = sweeps;
  if (!first) {
    yield [];
    return;
  }
  for (const value of first.values) {
    for (const others of combinations(rest)) yield [{ segments: first.segments, value }, ...others];
  }
}

/** The nested value that assignments of paths describe. */
export function buildValue(assignments: readonly { segments: Path; value: unknown }[]): unknown {
  let root: unknown;
  for (const { segments, value } of assignments) root = place(root, segments, value);
  return root ?? {};
}

function place(target: unknown, [step, ...rest]: Path, value: unknown): unknown {
  if (step === undefined) return value;
  if (typeof step === 'number') {
    const list: unknown[] = Array.isArray(target) ? [...target] : [];
    list[step] = place(list[step], rest, value);
    return list;
  }
  const object = isMapping(target) ? target : {};
  return { ...object, [step]: place(object[step], rest, value) };
}

/** `instance_group[0].count`; keys with other signs than letters, digits and `_` are quoted. */
export function pathText(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!/^\w+$/.test(step)) return `["${step}"]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}
