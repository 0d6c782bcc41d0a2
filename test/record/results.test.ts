import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/ground/errors.ts';
import { rankAcross } from '../../src/rank/across.ts';
import { rank } from '../../src/rank/rank.ts';
import type { Goal } from '../../src/record/goal.ts';
import { inFlight } from '../../src/record/load-point.ts';
import { parseResults, resultsJsonSchema } from '../../src/record/results.ts';
import type { Run } from '../../src/record/run.ts';
import { resultsJson } from '../../src/report/exporters/json.ts';
import { readJournal } from '../../src/store/journal.ts';
import { readCheckpoint } from '../../src/store/model-analyzer.ts';
import { folder } from '../support/experiment.ts';
import { measurement, result, run, trial } from '../support/run.ts';

const FIRST = 'test/fixtures/results/schema-1.json';
/** Of a run on an H100, cut to two of its configurations. */
const FIRST_GPU = 'test/fixtures/results/schema-1-gpu.json';
const goal = (constraints: Goal['constraints'] = [], name = 'm'): Goal => ({
  models: [name],
  objectives: [{ tag: 'perf_throughput', weight: 1 }],
  constraints,
});
const p99 = { tag: 'perf_latency_p99', bound: 'max', value: 10 } as const;
const memory = { tag: 'gpu_used_memory', bound: 'max', value: 1000 } as const;
const at = (name: string, throughput: number, latency = 9, concurrency = 1) =>
  trial(`m_config_${name}`, [
    measurement({ perf_throughput: throughput, perf_latency_p99: latency }, concurrency),
  ]);
const written = (recorded: Run, of: Goal) =>
  parseResults(resultsJson(result(recorded, [rank(recorded, of)])), 'results.json').models[0]!;

describe('results.schema.json', () => {
  test('is up to date (npm run docs)', () => {
    expect(JSON.parse(readFileSync('results.schema.json', 'utf8'))).toEqual(resultsJsonSchema());
  });

  test('says of every field what it is', () => {
    const silent: string[] = [];
    const look = (schema: unknown, path: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      for (const [key, value] of Object.entries(schema)) {
        if (key !== 'properties') look(value, `${path}/${key}`);
        else
          for (const [name, field] of Object.entries(value as object)) {
            if (!('description' in field)) silent.push(`${path}/${name}`);
            look(field, `${path}/${name}`);
          }
      }
    };
    look(resultsJsonSchema(), '');
    // Inside small records of figures whose names say what they are.
    expect(
      silent.filter(
        (path) =>
          !/\/(floor|lateness|failures|goals|overall|importance|skipped|points|configurations|diff)\//.test(
            path,
          ),
      ),
    ).toEqual([]);
  });

  const validate = new Ajv2020({ strict: false }).compile(resultsJsonSchema());
  const journal = readJournal('test/fixtures/journal/journal.jsonl').run;
  const checkpoint = folder();
  copyFileSync('test/fixtures/model-analyzer/add_sub.ckpt', join(checkpoint, '0.ckpt'));
  const client = { bottleneck: { who: 'client', reasons: ['busy'] } } as const;
  const bound = run(trial('m_config_default', [measurement({}, 1, client)]));
  test.each([
    ['what Model Analyzer measured', readCheckpoint(checkpoint)!.run, [goal([memory], 'add_sub')]],
    ['a real run', journal, journal.sessions[0]!.goals],
    ['limits that are not known', run(at('default', 100), at('0', 200)), [goal([memory])]],
    [
      'a limit of nothing, and a figure that is no number',
      run(trial('m_config_default', [measurement({ perf_server_queue: Number.NaN })])),
      [goal([{ ...p99, value: 0 }])],
    ],
    ['nothing measured', run(trial('m_config_default', [])), [goal([p99])]],
    ['no session', { ...run(at('default', 1)), sessions: [] }, [goal()]],
    ['a client that was the limit', bound, [goal()]],
  ] as [string, Run, readonly Goal[]][])(
    'takes what is written of %s, and it reads back',
    (_name, recorded, goals) => {
      const rankings = goals.map((item) => rank(recorded, item));
      const across = rankAcross(
        recorded,
        goals.map(({ models }) => models),
        goals[0]!,
        3,
      );
      const text = resultsJson(result(recorded, rankings, {}, across));
      expect(validate(JSON.parse(text)), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
      const read = parseResults(text, 'results.json');
      // What is no number can't be written, and is not there when it is read.
      const withoutNull = (key: string, value: unknown) =>
        key === 'values'
          ? Object.fromEntries(Object.entries(value as object).filter(([, one]) => one !== null))
          : value;
      expect(read.models).toEqual(JSON.parse(text, withoutNull).models);
      expect(read.trials.map(({ name }) => name)).toEqual(recorded.trials.map(({ name }) => name));
    },
  );
});

describe('what is told', () => {
  test('a gain with its interval over a default at the same load', () => {
    const found = written(run(at('default', 100), at('0', 200)), goal([p99]));
    expect(found).toMatchObject({ gainPercent: 100, noGain: null, gain: { percent: 100, is: 'measured' } });
    const { plusMinus, low, high } = found.gain!;
    // As far from twice as good, as how many times as good.
    expect((100 + low) * (100 + high)).toBeCloseTo(200 ** 2, -2);
    expect(plusMinus).toBeCloseTo((high - low) / 2, 12);
    expect(found.gainPlusMinus).toBe(plusMinus);
    expect(found.ranking.map(({ variant, noGain }) => [variant, noGain?.reason])).toEqual([
      ['m_config_0', undefined],
      ['m_config_default', 'is the default'],
    ]);
  });

  test.each([
    ['default misses', run(at('default', 100, 20), at('0', 200))],
    ['other load', run(at('default', 100), at('0', 200, 9, 4))],
    ['default not measured', run(at('0', 200))],
    ['is the default', run(at('default', 300), at('0', 200))],
  ])('no gain, not even as a bare number: %s', (reason, recorded) => {
    expect(written(recorded, goal([p99]))).toMatchObject({
      ...{ gain: null, gainPercent: null, gainPlusMinus: null },
      noGain: { reason, text: expect.any(String) },
    });
  });

  test('limits with what they come to, for the winner and for each', () => {
    const found = written(run(at('default', 100), at('0', 200)), goal([p99, memory]));
    expect(found.decision).toMatchObject({ kind: 'unfinished', reason: 'constraints unknown' });
    expect(found.constraints).toMatchObject([
      { tag: 'perf_latency_p99', verdict: 'met', measured: 9 },
      { tag: 'gpu_used_memory', verdict: 'unknown', measured: null },
    ]);
    expect(found.missing).toMatchObject([
      { tag: 'gpu_used_memory', everywhere: true, why: 'no GPU was seen' },
    ]);
    expect(found.leader).toMatchObject({
      ...{ constraints: 'unknown', satisfiesConstraints: null },
      checks: [{ met: true }, { met: null, verdict: 'unknown' }],
    });
  });
});

describe('the first version', () => {
  test.each([FIRST, FIRST_GPU])('%s is read as one of this', (file) => {
    const old = JSON.parse(readFileSync(file, 'utf8'));
    const read = parseResults(readFileSync(file, 'utf8'), file);
    expect(old.schemaVersion).toBe(1);
    expect(read.schemaVersion).toBe(2);
    expect(read.environment?.tma).toBe('0.1.0');
    const facts = (models: readonly Record<string, unknown>[]) =>
      models.map(({ model, verdict, decision, winner }) => [
        model,
        verdict,
        { ...(decision as object), point: undefined },
        (winner as typeof old)?.variant,
      ]);
    expect(facts(read.models)).toEqual(facts(old.models));
    expect(read.trials).toHaveLength(old.trials.length);
    for (const [index, { model, decision }] of old.models.entries()) {
      const { point } = decision;
      expect(read.models[index]?.decision.point).toEqual(
        point && inFlight(model, point.concurrency, point.batchSize),
      );
    }
  });

  const first = () => JSON.parse(readFileSync(FIRST, 'utf8'));
  const upgraded = (old: unknown) => parseResults(JSON.stringify(old), FIRST).models[0]!;

  test('a gain is kept where it can be told', () => {
    const [old] = first().models;
    expect(upgraded(first()).gain).toMatchObject({ percent: old.gainPercent, plusMinus: old.gainPlusMinus });
  });

  test('what was not measured was called met, and is unknown', () => {
    const old = first();
    const [{ leader }] = old.models;
    old.models[0].constraints = [{ ...memory, text: 'GPU memory at most 1,000 MB' }];
    for (const entry of [leader, old.models[0].winner])
      entry.checks = [{ ...memory, measured: null, met: true }];
    expect(upgraded(old)).toMatchObject({
      constraints: [{ verdict: 'unknown', measured: null }],
      leader: {
        constraints: 'unknown',
        satisfiesConstraints: null,
        checks: [{ met: null, verdict: 'unknown' }],
      },
      missing: [{ tag: 'gpu_used_memory', everywhere: true }],
    });
  });

  test('the best of all models are read, too', () => {
    const old = first();
    const { objectives, constraints, leader, model } = old.models[0];
    const limits = [...constraints.map(({ text: _, ...limit }: { text: string }) => limit), memory];
    old.acrossModels = { objectives, constraints: limits, ranking: [{ model, ...leader }] };
    expect(parseResults(JSON.stringify(old), FIRST).acrossModels).toMatchObject({
      missing: [{ tag: 'gpu_used_memory', everywhere: true }],
      ranking: [{ model, variant: leader.variant, constraints: 'met' }],
    });
  });

  test('a gain over a default that breaks the limits is taken back', () => {
    const old = first();
    old.models[0].default.checks = [{ ...p99, value: 0, measured: 1, met: false }];
    old.models[0].default.values.perf_latency_p99 = 1;
    expect(upgraded(old)).toMatchObject({
      gain: null,
      gainPercent: null,
      noGain: { reason: 'default misses' },
    });
  });
});

describe('what can not be read is named with its place', () => {
  const text = (change: (document: ReturnType<typeof JSON.parse>) => void): string => {
    const document = JSON.parse(
      resultsJson(result(run(at('default', 100)), [rank(run(at('default', 100)), goal())])),
    );
    change(document);
    return JSON.stringify(document);
  };
  test.each([
    ['a file cut short', '{', /results\.json is no results\.json that can be read: it is no JSON/],
    ['a list', '[]', /it has no schemaVersion/],
    ['a version that is no number', '{"schemaVersion":"2"}', /it has no schemaVersion/],
    ['a newer one', '{"schemaVersion":3}', /written by a newer tma \(schema 3, this one knows 2\)/],
    ['an empty one of the first version', '{"schemaVersion":1}', /metrics: /],
    [
      'a field that is not there',
      text((document) => delete document.models[0].decision),
      /models\.0\.decision: /,
    ],
    [
      'a field of another type',
      text((document) => (document.trials[0].points[0].measurement.whole.values = 3)),
      /trials\.0\.points\.0\.measurement\.whole\.values: /,
    ],
    ['lists in lists', '['.repeat(5000) + ']'.repeat(5000), /nested too deep/],
  ])('%s', (_name, content, message) => {
    expect(() => parseResults(content, '/out/results.json')).toThrow(message);
    expect(() => parseResults(content, '/out/results.json')).toThrow(UserError);
  });

  test('whatever stands anywhere in a file of the first version', () => {
    const old = JSON.parse(readFileSync(FIRST, 'utf8'));
    const paths: (string | number)[][] = [];
    const collect = (value: unknown, path: (string | number)[]): void => {
      if (path.length > 0) paths.push(path);
      if (typeof value !== 'object' || value === null || path.length > 6) return;
      for (const [key, inner] of Object.entries(value)) collect(inner, [...path, key]);
    };
    collect({ models: old.models.slice(0, 1), sessions: old.sessions }, []);
    fc.assert(
      fc.property(
        fc.constantFrom(...paths),
        fc.constantFrom(null, 7, 'x', [], {}, [[]], [null]),
        (path, junk) => {
          const copy = structuredClone(old);
          let holder = copy;
          for (const step of path.slice(0, -1)) holder = holder[step];
          holder[path.at(-1)!] = junk;
          try {
            parseResults(JSON.stringify(copy), FIRST);
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
