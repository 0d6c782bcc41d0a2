import type { Node } from './xml.ts';

/** What an element may hold: elements in this order, each so often, or in any order; or a text. */
interface Rule {
  /** Attributes: a pattern of their values; those that may be absent end in `?`. */
  readonly attributes: Readonly<Record<string, RegExp>>;
  readonly children?:
    | { readonly sequence: readonly (readonly [name: string, least: number, most: number])[] }
    | { readonly anyOf: readonly string[] }
    | { readonly atMostOneOf: readonly string[] };
  readonly text?: true;
}
export type Schema = Readonly<Record<string, Rule>>;

const ANY = /^/;
const TOKEN = /\S/;
const INT = /^-?\d{1,9}$/;
const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)$/;
const MANY = Number.POSITIVE_INFINITY;

/**
 * What the schema for the reports of Apache Ant's JUnit task demands (github.com/windyroad/JUnit-Schema, JUnit.xsd, as of
 * commit 2378e66): the facts of it, not its text.
 */
export const ANT: Schema = {
  testsuites: { attributes: {}, children: { sequence: [['testsuite', 0, MANY]] } },
  testsuite: {
    attributes: {
      package: ANY,
      id: INT,
      name: TOKEN,
      timestamp: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/,
      hostname: TOKEN,
      tests: INT,
      failures: INT,
      errors: INT,
      'skipped?': INT,
      time: DECIMAL,
    },
    children: {
      sequence: [
        ['properties', 1, 1],
        ['testcase', 0, MANY],
        ['system-out', 1, 1],
        ['system-err', 1, 1],
      ],
    },
  },
  properties: { attributes: {}, children: { sequence: [['property', 0, MANY]] } },
  property: { attributes: { name: TOKEN, value: ANY } },
  testcase: {
    attributes: { name: ANY, classname: ANY, time: DECIMAL },
    children: { atMostOneOf: ['skipped', 'error', 'failure'] },
  },
  error: { attributes: { 'message?': ANY, type: ANY }, text: true },
  failure: { attributes: { 'message?': ANY, type: ANY }, text: true },
  'system-out': { attributes: {}, text: true },
  'system-err': { attributes: {}, text: true },
};

const SUREFIRE_TIME = /^(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?$/;

/** The same of Jenkins's xUnit plug-in (github.com/jenkinsci/xunit-plugin, junit-10.xsd, as of commit 031e285). */
export const JENKINS: Schema = {
  testsuites: {
    attributes: { 'name?': ANY, 'time?': SUREFIRE_TIME, 'tests?': ANY, 'failures?': ANY, 'errors?': ANY },
    children: { sequence: [['testsuite', 0, MANY]] },
  },
  testsuite: {
    attributes: {
      ...{ name: ANY, tests: ANY, failures: ANY, errors: ANY, 'group?': ANY, 'time?': SUREFIRE_TIME },
      ...{ 'skipped?': ANY, 'timestamp?': ANY, 'hostname?': ANY, 'id?': ANY, 'package?': ANY, 'file?': ANY },
      ...{ 'log?': ANY, 'url?': ANY },
    },
    children: { anyOf: ['testsuite', 'properties', 'testcase', 'system-out', 'system-err'] },
  },
  properties: { attributes: {}, children: { sequence: [['property', 0, MANY]] } },
  property: { attributes: { name: ANY, value: ANY } },
  testcase: {
    attributes: { name: ANY, 'time?': ANY, 'classname?': ANY, 'group?': ANY },
    children: {
      anyOf: [
        ...['skipped', 'error', 'failure', 'system-out', 'system-err'],
        ...['rerunFailure', 'rerunError', 'flakyFailure', 'flakyError'],
      ],
    },
  },
  error: { attributes: { 'type?': ANY, 'message?': ANY }, text: true },
  failure: { attributes: { 'type?': ANY, 'message?': ANY }, text: true },
  'system-out': { attributes: {}, text: true },
  'system-err': { attributes: {}, text: true },
};

/** What a schema has against a document; [] where it is valid. */
export function problemsBy(schema: Schema, node: Node): string[] {
  const rule = schema[node.name];
  if (!rule) return [`no element ${node.name}`];
  const names = node.children.map(({ name }) => name);
  return [
    ...attributeProblems(node, rule),
    ...(rule.text || node.text.trim() === '' ? [] : [`${node.name} holds a text`]),
    ...(allows(rule, names) ? [] : [`${node.name} can't hold ${names.join(', ')}`]),
    ...node.children.flatMap((child) => problemsBy(schema, child)),
  ];
}

function attributeProblems({ name, attributes }: Node, rule: Rule): string[] {
  const known = Object.entries(rule.attributes).map(([key, pattern]) => ({
    key: key.replace('?', ''),
    isNeeded: !key.endsWith('?'),
    pattern,
  }));
  const unknown = Object.keys(attributes).filter((key) => known.every((item) => item.key !== key));
  return [
    ...unknown.map((key) => `${name} has no attribute ${key}`),
    ...known
      .filter(({ key, isNeeded }) => isNeeded && !(key in attributes))
      .map(({ key }) => `${name} needs ${key}`),
    ...known
      .filter(({ key, pattern }) => key in attributes && !pattern.test(attributes[key]!))
      .map(({ key }) => `${name}: ${key}="${attributes[key]}"`),
  ];
}

function allows({ children }: Rule, names: readonly string[]): boolean {
  if (!children) return names.length === 0;
  if ('anyOf' in children) return names.every((name) => children.anyOf.includes(name));
  if ('atMostOneOf' in children)
    return names.length <= 1 && names.every((name) => children.atMostOneOf.includes(name));
  const rest = [...names];
  for (const [name, least, most] of children.sequence) {
    let found = 0;
    while (rest[0] === name) {
      rest.shift();
      found++;
    }
    if (found < least || found > most) return false;
  }
  return rest.length === 0;
}
