import type { Place, Problem } from '../ground/errors.ts';
import { nearest, suggestion } from '../ground/wording.ts';
import { describeType, type FieldType, MODEL_CONFIG_TYPE } from '../model-config/schema.ts';
import { combinations, type Sweep, sizeOfProduct } from './combinations.ts';
import type { Parameter } from './experiment.ts';
import { buildValue, pathText } from './field-path.ts';
import { entriesOfMap, hasType, integerRange, isNearlyEntry, scalarValue, strayItem } from './field-value.ts';
import { MOST_IN_A_LIST, tooMany } from './limits.ts';
import { whereAmongFields } from './misplaced.ts';
import { isMapping, show, textOf } from './written.ts';
import type { Path } from './yaml.ts';

/**
 * `model_config_parameters` as a list of parameters, by Model Analyzer's sweep rule at every level: a value is
 * first read as the field's own type; if it is not of that type and is a list, each item is one choice. So a
 * list sweeps a scalar or a message, and a list of lists sweeps a repeated field. `null` and, for what is no list
 * itself, an empty list leave the field alone; null as an item of a list of messages is the choice to be without the
 * field. A range sweeps an integer: {start, stop, step}. A map may be written as in config.pbtxt, too, by {key, value}.
 * @param placeOf where the value at a path below `model_config_parameters` stands in the file.
 */
export function parametersOf(
  value: unknown,
  placeOf: (path: Path) => Place | undefined,
): { parameters: Parameter[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const fail: Fail = ({ segments, at }, message, hint) => {
    problems.push({ message: `${pathText(segments)}: ${message}`, place: placeOf(at), hint });
  };
  const parameters = flatten(MODEL_CONFIG_TYPE, value, { segments: [], at: [] }, fail).map(
    ({ segments, at, values }): Parameter => ({
      path: pathText(segments),
      segments,
      values,
      place: placeOf(at),
    }),
  );
  return { parameters, problems };
}

/** The path of a value in the configuration, and in the file, which may write a map otherwise. */
interface Where {
  readonly segments: Path;
  readonly at: Path;
}
type Fail = (where: Where, message: string, hint?: string) => void;
type Found = Sweep & { readonly at: Path };

const below = ({ segments, at }: Where, step: string | number, inFile: Path = [step]): Where => ({
  segments: [...segments, step],
  at: [...at, ...inFile],
});

/** The sweeps below one value; problems go to `fail`. */
function flatten(type: FieldType, value: unknown, where: Where, fail: Fail): Found[] {
  if (value === null || value === undefined) return [];
  if (hasType(type, value)) return flattenTyped(type, value, where, fail);
  const range = integerRange(type, value);
  if (range && range.length > MOST_IN_A_LIST) fail(where, `${show(value)} is ${tooMany(range.length)}`);
  if (range) return range.length > MOST_IN_A_LIST ? [] : [{ ...where, values: range.values() }];
  const mayBeAbsent = type.kind === 'message';
  if (!Array.isArray(value) || (value.some((item) => item === null) && !mayBeAbsent)) {
    const found = value === '' ? 'an empty text' : show(value);
    const message = `expected ${describeType(type)}, or a list of such to try each, found ${found}`;
    fail(where, message, formHint(type, value));
    return [];
  }
  if (value.length === 0) return [];
  const stray = type.kind === 'map' ? strayItem(value) : undefined;
  if (stray !== undefined) {
    fail(
      below(where, stray),
      `expected {key, value} as the other items are, found ${show(value[stray])}`,
      MAP_FORMS,
    );
    return [];
  }
  if (type.kind === 'list' && !value.some(Array.isArray)) {
    // One list with a wrong item in it, and no list of lists to try.
    for (const [index, item] of value.entries())
      if (!hasType(type.of, item)) failForm(type.of, item, below(where, index), fail);
    return [];
  }
  const values = value.flatMap((item, index) => expand(type, item, where, index, fail));
  if (values.length <= MOST_IN_A_LIST) return [{ ...where, values }];
  fail(where, tooMany(values.length));
  return [];
}

const failForm = (type: FieldType, value: unknown, where: Where, fail: Fail): void =>
  fail(where, `expected ${describeType(type)}, found ${show(value)}`, formHint(type, value));

/** How a value of the wrong form is to be written. */
function formHint(type: FieldType, value: unknown): string | undefined {
  const isScalar = textOf(value) !== undefined;
  if (type.kind === 'integer' && isMapping(value)) return 'a range is {start, stop, step}, start first';
  if (type.kind === 'enum' && isScalar) return meant(type, value);
  if (type.kind === 'message' && type.name === 'ModelParameter' && isScalar)
    return `write { string_value: ${show(value)} }`;
  if (type.kind === 'list' && hasType(type.of, value)) return `write a list: [${show(value)}]`;
  return undefined;
}

const meant = (type: FieldType, value: unknown): string | undefined => {
  const close = type.kind === 'enum' ? nearest(textOf(value) ?? '', type.names) : undefined;
  return close === undefined ? undefined : `did you mean "${close}"?`;
};

/** All the values that one choice of a sweep stands for: one, unless the choice holds sweeps itself. */
function expand(type: FieldType, value: unknown, where: Where, index: number, fail: Fail): unknown[] {
  if (value === null) return [null];
  const here = below(where, index);
  if (!hasType(type, value)) {
    failForm(type, value, here, fail);
    return [];
  }
  const inner = flattenTyped(type, value, { segments: [], at: [] }, (inside, message, hint) =>
    fail({ segments: [...here.segments, ...inside.segments], at: [...here.at, ...inside.at] }, message, hint),
  );
  const size = sizeOfProduct(inner);
  if (size > MOST_IN_A_LIST) {
    fail(here, tooMany(size, 'combinations'));
    return [];
  }
  return [...combinations(inner)].map((choice) => buildValue(choice));
}

function flattenTyped(type: FieldType, value: unknown, where: Where, fail: Fail): Found[] {
  if (type.kind === 'message' && isMapping(value)) {
    if (Object.keys(value).length === 0) return [{ ...where, values: [{}] }];
    return Object.entries(value).flatMap(([key, item]) => {
      const field = type.fields.get(key);
      if (field) return flatten(field, item, below(where, key), fail);
      const hint = whereAmongFields(key) ?? suggestion(key, type.fields.keys());
      fail(below(where, key), `no such field in Triton's ${type.name}`, hint);
      return [];
    });
  }
  if (type.kind === 'map') return flattenMap(type, value, where, fail);
  if (type.kind === 'list' && Array.isArray(value)) {
    if (type.of.kind === 'message' && value.length > 0) {
      return value.flatMap((item, index) => flattenTyped(type.of, item, below(where, index), fail));
    }
    return [{ ...where, values: [value.map((item) => scalarValue(type.of, item))] }];
  }
  return [{ ...where, values: [scalarValue(type, value)] }];
}

const MAP_FORMS = 'write { NAME: VALUE, ... }, and to try each { NAME: [A, B] }';

function flattenMap(
  type: Extract<FieldType, { kind: 'map' }>,
  value: unknown,
  where: Where,
  fail: Fail,
): Found[] {
  if (isNearlyEntry(value)) {
    fail(where, `expected a map or its entry {key: NAME, value: VALUE}, found ${show(value)}`, MAP_FORMS);
    return [];
  }
  const entries = entriesOfMap(value);
  if (entries.length === 0) return [{ ...where, values: [{}] }];
  const seen = new Set<string>();
  return entries.flatMap(({ key, value: item, below: inFile }) => {
    const here = below(where, key, inFile);
    if (type.keys === 'numbers' && !/^(0|[1-9]\d{0,19})$/.test(key)) {
      fail(here, `expected a number as key, found ${show(key)}`);
      return [];
    }
    if (!seen.has(key)) {
      seen.add(key);
      return flatten(type.of, item, here, fail);
    }
    fail(here, `the key ${show(key)} stands twice`, `to try each, write { ${key}: [A, B] }`);
    return [];
  });
}
