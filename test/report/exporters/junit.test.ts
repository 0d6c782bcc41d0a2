import { describe, expect, test } from 'vitest';
import type { Result } from '../../../src/report/exporter.ts';
import { junitXml } from '../../../src/report/exporters/junit.ts';
import { CASES, HOSTILE } from '../../support/export-cases.ts';
import { ANT, JENKINS, problemsBy } from '../../support/junit-schema.ts';
import { type Node, parseXml } from '../../support/xml.ts';

const all = Object.entries(CASES);

/** The cases of a suite: name, and how it ended with the message. */
const outcomes = (suite: Node): string[][] =>
  suite.children
    .filter(({ name }) => name === 'testcase')
    .map(({ attributes, children: [trouble] }) => [
      attributes['name']!,
      ...(trouble ? [trouble.name, trouble.attributes['type']!, trouble.attributes['message']!] : ['passed']),
    ]);
const suiteOf = (result: Result, index = 0): Node => parseXml(junitXml(result)).children[index]!;

describe.each(all)('%s', (_name, make) => {
  const root = parseXml(junitXml(make()));

  test('is valid by the schemas of Ant and Jenkins', () => {
    expect(problemsBy(ANT, root)).toEqual([]);
    expect(problemsBy(JENKINS, root)).toEqual([]);
  });

  test('counts what it holds', () => {
    for (const suite of root.children) {
      const ends = outcomes(suite).map(([, end]) => end);
      expect(suite.attributes).toMatchObject({
        tests: String(ends.length),
        failures: String(ends.filter((end) => end === 'failure').length),
        errors: String(ends.filter((end) => end === 'error').length),
      });
    }
  });
});

test.each(['twoModels', 'hostile', 'nothingMeasured'] as const)('%s as last agreed on', async (name) => {
  await expect(junitXml(CASES[name]())).toMatchFileSnapshot(`../../golden/exporters/${name}.junit.xml`);
});

test('a run that does not say when it began has the time of its first figures', () => {
  const result = CASES.twoModels();
  const read = { ...result, run: { ...result.run, sessions: [] } };
  expect(suiteOf(read).attributes['timestamp']).toBe('2026-01-01T00:00:00');
});

describe('a constraint', () => {
  test('that is kept passes; a missed one says what was measured, its interval, and where', () => {
    const suite = suiteOf(CASES.twoModels(), 1);
    expect(outcomes(suite)).toEqual([
      ['a configuration was found', 'failure', 'constraints', expect.stringContaining('No configuration')],
      [
        'p99 latency at most 10.0 ms',
        'failure',
        'missed',
        'p99 latency at most 10.0 ms: measured 11.0 ms (9.50 to 12.0)',
      ],
      ['throughput at least 45.0 infer/s', 'passed'],
    ]);
    const text = suite.children[2]!.children[0]!.text;
    expect(text).toContain('pipeline_config_0 at 50.0 requests a second and client batch 2');
    expect(text).toContain('the limit lies within the interval: it may be kept');
    expect(text).toContain(
      'marks: unstable (not as precise or as steady as was asked after 1.8 s); few-samples (',
    );
  });

  test('on what was not measured is an error, with the reason, and no configuration is found', () => {
    expect(outcomes(suiteOf(CASES.unknown()))).toEqual([
      [
        'a configuration was found',
        'error',
        'constraints unknown',
        expect.stringContaining('Nothing can be promised'),
      ],
      ['p99 latency at most 10.0 ms', 'passed'],
      [
        'GPU memory at most 8,000 MB',
        'error',
        'unknown',
        'GPU memory at most 8,000 MB is not checked, as it was not measured (no GPU was seen)',
      ],
    ]);
  });

  test('is no figure in the properties where it was not measured', () => {
    expect(junitXml(CASES.unknown())).toContain('<property name="gpu_used_memory" value="not measured"/>');
  });

  test('passes nowhere where nothing was measured, or the run was interrupted', () => {
    const nothing = suiteOf(CASES.nothingMeasured());
    expect(outcomes(nothing).map(([, ...end]) => end.slice(0, 2))).toEqual([
      ['error', 'nothing measured'],
      ['error', 'unknown'],
    ]);
    // The causes stand where the case is looked at.
    expect(nothing.children[1]!.children[0]!.text).toContain(
      'm_config_default failed: no GPUs are available',
    );
    expect(outcomes(suiteOf(CASES.interrupted()))[0]!.slice(1, 3)).toEqual(['error', 'interrupted']);
    expect(outcomes(suiteOf(CASES.withoutDefault()))[0]!.slice(1, 3)).toEqual(['error', 'no default']);
  });
});

test('configurations that failed are told with cause, advice and how to repeat them', () => {
  const out = suiteOf(CASES.small()).children.find(({ name }) => name === 'system-out')!.text;
  expect(out.split('\n').slice(-3)).toEqual([
    'm_config_1 failed: out of memory: a process of the server was killed',
    '  fewer instances',
    '  to repeat it: tma trial --spec checkpoints/specs/m_config_1.json',
  ]);
});

test('advice to see the log says where it lies', () => {
  const small = CASES.small();
  const [ranking] = small.rankings;
  const [failed] = ranking!.unmeasured;
  const end = { ...failed!.end!, advice: 'see the log; or try again', logFile: '/logs/m_config_1.log' };
  const out = junitXml({ ...small, rankings: [{ ...ranking!, unmeasured: [{ ...failed!, end }] }] });
  expect(out).toContain('\n  see the log /logs/m_config_1.log; or try again\n');
});

test('a hostile name comes back as it was, but for what XML forbids, which is written out', () => {
  const { name } = suiteOf(CASES.hostile()).attributes;
  const shown = HOSTILE.replace('\u0000', '\\x00')
    .replace('\u001b', '\\x1b')
    .replace('\ud800', '\\ud800')
    .replace('\uffff', '\\uffff')
    .replace('\u202e', '\\u202e');
  expect(name).toBe(shown);
});
