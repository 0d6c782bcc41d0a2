import { describe, expect, test } from 'vitest';
import { compareRuns } from '../../../src/rank/comparison/compare-runs.ts';
import { readCondition } from '../../../src/rank/comparison/gates.ts';
import { night, runOf, side } from '../../support/two-runs.ts';

describe('a condition is read', () => {
  test.each([
    ['perf_latency_p99 > 5%', { of: 'all', tag: 'perf_latency_p99', direction: 'rise', percent: 5 }],
    ['perf_latency_p99>+2.5 %', { of: 'all', tag: 'perf_latency_p99', direction: 'rise', percent: 2.5 }],
    ['perf_throughput < -5%', { of: 'all', tag: 'perf_throughput', direction: 'fall', percent: 5 }],
    ['  perf_throughput < 5%  ', { of: 'all', tag: 'perf_throughput', direction: 'fall', percent: 5 }],
    ['winner perf_latency > 0%', { of: 'winner', tag: 'perf_latency_p99', direction: 'rise', percent: 0 }],
    [
      'default gpu_used_memory > 1%',
      { of: 'default', tag: 'gpu_used_memory', direction: 'rise', percent: 1 },
    ],
  ])('%s', (text, expected) => {
    expect(readCondition(text)).toEqual({ asked: text.trim(), kind: 'change', ...expected });
  });

  test('worse', () => expect(readCondition('worse')).toEqual({ asked: 'worse', kind: 'worse' }));

  test.each([
    ['', /--fail-on "": it is no condition\n {2}write for example/],
    ['perf_latency_p99', /it is no condition/],
    ['perf_latency_p99 > 5', /a change is given in percent\n {2}write "perf_latency_p99 > 5%"/],
    ['perf_latency_p9 > 5%', /there is no metric "perf_latency_p9"\n {2}did you mean "perf_latency_p9\d"\?/],
    ['perf_latency_p99 >= 5%', />= is not known here\n {2}write > for a rise/],
    [
      'perf_throughput > -5%',
      /it would fail where nothing has changed\n {2}did you mean "perf_throughput < -5%"\?/,
    ],
    ['perf_latency_p99 < +5%', /did you mean "perf_latency_p99 > 5%"\?/],
    ['best perf_throughput < 5%', /"best" is nothing that a condition can be of/],
    ['__proto__ > 5%', /there is no metric "__proto__"/],
    ['perf_throughput < 5% or worse', /it is no condition/],
  ])('%s is a mistake', (text, message) => {
    expect(() => readCondition(text)).toThrow(message);
  });
});

describe('a gate', () => {
  const stateOf = (slower: number, text: string, loads = 6, configurations = 20) => {
    const both = { configurations, loads };
    const comparison = compareRuns(
      side(runOf(night({ seed: 1, ...both }))),
      side(runOf(night({ seed: 2, ...both, slower }))),
      { conditions: [readCondition(text)] },
    );
    return comparison.gates[0]!.state;
  };

  test('fails where the change is beyond the limit and surely one, passes where it surely is not', () => {
    expect(stateOf(1.2, 'perf_throughput < -5%')).toBe('failed');
    expect(stateOf(1, 'perf_throughput < -5%')).toBe('passed');
    expect(stateOf(1, 'perf_throughput < -20%')).toBe('passed');
    expect(stateOf(1.2, 'perf_throughput < -30%')).toBe('passed');
    // A rise does not fail what is to fall.
    expect(stateOf(0.7, 'perf_throughput < -5%')).toBe('passed');
    expect(stateOf(1.4, 'perf_latency_p99 > 5%')).toBe('failed');
  });

  test('is unknown where neither is sure', () => {
    expect(stateOf(1, 'perf_throughput < -5%', 1, 1)).toBe('unknown');
    expect(stateOf(1.2, 'perf_throughput < -18%')).not.toBe('passed');
    expect(stateOf(1, 'winner perf_throughput < -5%', 1, 1)).toBe('unknown');
  });

  test('may be of the default or of what was decided for, and of the verdict', () => {
    expect(stateOf(2, 'default perf_throughput < -5%')).toBe('failed');
    expect(stateOf(2, 'winner perf_throughput < -5%')).toBe('failed');
    expect(stateOf(1.2, 'worse')).toBe('failed');
    expect(stateOf(1, 'worse', 6, 40)).toBe('passed');
    expect(stateOf(1, 'worse', 1, 1)).toBe('unknown');
  });

  test('one objective that is better says nothing of another that is not known', () => {
    // p99 is longer or shorter by far from one configuration to the next.
    const scattered = night({ seed: 2, slower: 0.7, loads: 6, configurations: 20 }).map((trial, index) => ({
      ...trial,
      points: trial.points.map((record) => {
        if (record.state !== 'measured') return record;
        const { measurement } = record;
        const { perf_latency_p99: p99 = 0, ...others } = measurement.whole.values;
        const values = { ...others, perf_latency_p99: p99 * (index % 2 === 0 ? 2.8 : 0.7) };
        return { ...record, measurement: { ...measurement, whole: { ...measurement.whole, values } } };
      }),
    }));
    const objectives = [
      { tag: 'perf_throughput', weight: 1 },
      { tag: 'perf_latency_p99', weight: 1 },
    ];
    const { models, gates } = compareRuns(
      side(runOf(night({ seed: 1, loads: 6, configurations: 20 })), [
        { models: ['m'], objectives, constraints: [] },
      ]),
      side(runOf(scattered.slice(1)), [{ models: ['m'], objectives, constraints: [] }]),
      { conditions: [readCondition('worse')] },
    );
    const [throughput, p99] = models[0]!.changes;
    expect([throughput!.verdict, p99!.verdict]).toEqual(['better', 'unknown']);
    expect(models[0]!.verdict).toBe('better');
    expect(gates[0]!.state).toBe('unknown');
    expect(gates[0]!.text).toMatch(/It is not known whether p99 latency is worse\.$/);
  });

  test('a model that NEW did not measure is unknown', () => {
    const { gates } = compareRuns(side(runOf(night({ seed: 1 }))), side(runOf([])), {
      conditions: [readCondition('worse')],
    });
    expect(gates).toEqual([{ asked: 'worse', model: 'm', state: 'unknown', text: 'NEW did not measure m' }]);
  });

  test("of the default it is NEW's default against BASE's, also where another configuration was made the default", () => {
    const both = { configurations: 20, loads: 6 };
    const base = night({ seed: 1, ...both });
    const asked = { conditions: [readCondition('default perf_throughput < 5%')] };
    // Configuration 10 is about twice as fast as the default was, and as it was itself.
    const deployed = night({ seed: 2, ...both }).map((trial, index) => ({
      ...trial,
      isDefault: index === 10,
    }));
    const { gates, models } = compareRuns(side(runOf(base)), side(runOf(deployed)), asked);
    expect(models[0]!.defaults).toMatchObject({ base: 'm_config_default', new: 'm_config_9' });
    expect(gates[0]).toMatchObject({
      state: 'passed',
      text: expect.stringMatching(
        /^throughput of the default, which is another configuration now, \+\d\d+ %/,
      ),
    });
    const back = compareRuns(side(runOf(deployed)), side(runOf(base)), asked);
    expect(back.gates[0]).toMatchObject({ state: 'failed' });
    // What differs from BASE's default alone is still the default.
    const other = night({ seed: 2, ...both }).map((trial) => ({
      ...trial,
      models: [{ ...trial.models[0], config: { ...trial.models[0].config, backend: 'python' } }] as const,
    }));
    const changed = compareRuns(side(runOf(base)), side(runOf(other)), asked);
    expect(changed.models[0]!.defaults).toBeUndefined();
    expect(changed.gates[0]!.text).toMatch(/^throughput of the default, whose config\.pbtxt has changed, /);
  });

  test('without a condition there is none', () => {
    const { gates } = compareRuns(
      side(runOf(night({ seed: 1 }))),
      side(runOf(night({ seed: 2, slower: 3 }))),
    );
    expect(gates).toEqual([]);
  });
});
