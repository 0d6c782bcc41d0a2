import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { rankAcross } from '../../src/rank/across.ts';
import { intervalsOf } from '../../src/rank/noise.ts';
import { rank } from '../../src/rank/rank.ts';
import { inFlight } from '../../src/record/load-point.ts';
import type { PointRecord } from '../../src/record/run.ts';
import type { Happening, Progress } from '../../src/run/events.ts';
import { acrossText, modelsText } from '../../src/terminal/across-text.ts';
import { visibleWidth } from '../../src/terminal/fit.ts';
import { sparkline } from '../../src/terminal/gauges.ts';
import { block } from '../../src/terminal/live.ts';
import { plainView } from '../../src/terminal/plain.ts';
import { clock, pointLine, SoFar } from '../../src/terminal/progress.ts';
import { rankingText } from '../../src/terminal/ranking.ts';
import { textTable } from '../../src/terminal/table.ts';
import { measurement, run, trial } from '../support/run.ts';

const started = (remaining: number): Happening => ({
  kind: 'model',
  goal: { models: ['m'], objectives: [{ tag: 'perf_throughput', weight: 10 }], constraints: [] },
  configurations: 1,
  points: remaining,
  progress: { done: 0, remaining, reused: 0 },
});
const at = '2026-01-01T00:00:00.000Z';
const slot = '0';
const record = (throughput: number) =>
  ({ state: 'measured', key: 'k', measurement: measurement({ perf_throughput: throughput }) }) as const;

test('a table: texts left, numbers right', () => {
  expect(
    textTable(
      [{ header: 'name' }, { header: 'n', numeric: true }],
      [
        ['a', '10'],
        ['long', '9'],
      ],
    ),
  ).toBe('name   n\na     10\nlong   9');
});

test.each([
  [5, '0:05'],
  [65.4, '1:05'],
  [3725, '1:02:05'],
])('%d seconds are %s', (seconds, text) => {
  expect(clock(seconds)).toBe(text);
});

test('lines for a log: one a point, long loads now and then', () => {
  const lines: string[] = [];
  const view = plainView((line) => lines.push(line.replace(/\d+:\d\d/g, 'T')));
  const tell = (happening: Happening): void => view({ ...happening, at });
  tell(started(2));
  tell({ kind: 'phase', slot, variant: 'm_config_default', phase: 'loading the model' });
  for (const seconds of [1, 14, 16, 20, 31])
    tell({ kind: 'loading', slot, variant: 'm_config_default', seconds, line: 'building the engine' });
  const point = (record: PointRecord, done: number, remaining: number): void =>
    tell({
      kind: 'point',
      slot,
      variant: 'm_config_default',
      record,
      progress: { done, remaining, reused: 0 },
    });
  point(record(50), 1, 1);
  point({ state: 'failed', key: 'k', point: inFlight('m', 2, 2), cause: 'out of memory' }, 2, 0);
  tell({ kind: 'end', interrupted: true });
  expect(lines).toEqual([
    'm: 1 configuration, 2 points',
    'm_config_default has been loading for T: building the engine',
    'm_config_default has been loading for T: building the engine',
    '[1/2] m_config_default, 1 in flight: 50.0 infer/s ± 5 %, p99 10.0 ms (T, about T left)',
    '[2/2] m_config_default, 2 in flight, batch 2: failed: out of memory (T)',
    'interrupted',
  ]);
});

test('a load that tells nothing meanwhile, as that of perf_analyzer without a server, has a line every ten seconds', () => {
  let seconds = 0;
  let tick = (): void => {};
  const said: number[] = [];
  const texts: string[] = [];
  const view = plainView(
    (line) => {
      said.push(seconds);
      texts.push(line);
    },
    {
      now: () => seconds * 1000,
      every: (_ms, act) => {
        tick = act;
        return () => {
          tick = () => {};
        };
      },
    },
  );
  const tell = (happening: Happening): void => view({ ...happening, at });
  tell(started(2));
  tell({ kind: 'phase', slot, variant: 'm_config_0', phase: 'measuring', point: inFlight('m', 4) });
  for (seconds = 1; seconds <= 60; seconds++) tick();
  const gaps = said.slice(1).map((second, index) => second - said[index]!);
  expect(said.length).toBeGreaterThan(5);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(10);
  expect(texts.at(-1)).toMatch(/^m_config_0, 4 in flight: measuring for 0:\d\d$/);
  tell({ kind: 'end', interrupted: false });
  const { length } = said;
  for (; seconds < 90; seconds++) tick();
  expect(said).toHaveLength(length);
});

describe('where a run was interrupted', () => {
  const measuring: Happening = {
    kind: 'phase',
    slot,
    variant: 'm_config_default',
    phase: 'measuring',
    point: inFlight('m', 2),
  };
  const searched: Happening = {
    kind: 'search',
    record: {
      models: ['m'],
      search: 'brute',
      measurements: 1,
      points: { all: 1, seen: 1 },
      configurations: { all: 1, seen: 1 },
      why: 'it was interrupted',
      skipped: [],
      importance: [],
      remarks: [],
    },
  };
  const loading: Happening = { kind: 'phase', slot, variant: 'n', phase: 'loading the model' };
  test.each<[string, Happening[], string]>([
    ['at a point', [measuring], 'interrupted at m_config_default, 2 in flight'],
    [
      'at a point, after which the search says how it went',
      [measuring, searched],
      'interrupted at m_config_default, 2 in flight',
    ],
    ['where the next model has begun', [measuring, searched, started(2)], 'interrupted'],
    ['where a server completes the next model', [measuring, searched, loading], 'interrupted'],
    [
      'where a mistake ended the model before',
      [measuring, { kind: 'mistake', fault: 'input', message: 'no disk' }, loading],
      'interrupted',
    ],
    [
      'at a point of the next model',
      [measuring, searched, started(2), { ...measuring, variant: 'n_config_0' }],
      'interrupted at n_config_0, 2 in flight',
    ],
  ])('%s', (_name, happenings, text) => {
    const lines: string[] = [];
    const view = plainView((line) => lines.push(line));
    for (const happening of [started(2), ...happenings, { kind: 'end', interrupted: true } as const])
      view({ ...happening, at });
    expect(lines.at(-1)).toBe(text);
  });
});

describe('what runs', () => {
  let now = 0;
  const state = new SoFar(() => now);
  const tell = (happening: Happening): void => state.take({ ...happening, at });
  const point = (variant: string, throughput: number, progress: Progress): void =>
    tell({ kind: 'point', slot, variant, record: record(throughput), progress });
  tell(started(4));

  test('says what it does, how far it is and the best so far', () => {
    tell({
      kind: 'phase',
      slot,
      variant: 'm_config_default',
      phase: 'measuring',
      point: inFlight('m', 2),
    });
    now = 10_000;
    point('m_config_default', 50, { done: 1, remaining: 3, reused: 0 });
    tell({
      kind: 'window',
      slot,
      variant: 'm_config_default',
      point: inFlight('m', 2),
      throughput: 55,
      latencyMs: 18,
    });
    const text = block(state, 200);
    expect(text).toContain('measuring, 2 in flight, 0:10 · window 1: 55.0 infer/s, 18.0 ms');
    expect(text).toContain('point 2 of 4 · 0:10 elapsed · about 0:30 left');
    expect(text).toContain('best so far 50.0 infer/s ± 5 %, p99 10.0 ms, 1 in flight, m_config_default');
  });

  test('points of the journal do not make the rest look quick', () => {
    point('m_config_default', 60, { done: 3, remaining: 1, reused: 2 });
    expect(state.leftS).toBe(10);
  });

  test('a long load shows its last log line', () => {
    tell({ kind: 'phase', slot, variant: 'm_config_0', phase: 'loading the model' });
    tell({ kind: 'loading', slot, variant: 'm_config_0', seconds: 75, line: 'building the engine' });
    expect(block(state, 200)).toContain('loading the model, 1:15 · building the engine');
  });
});

describe('what a person sees of a run', () => {
  let now = 0;
  const fresh = () => {
    now = 0;
    const state = new SoFar(() => now);
    const tell = (happening: Happening): void => state.take({ ...happening, at });
    tell(started(10));
    const point = (variant: string, record: PointRecord, progress: Partial<Progress>): void =>
      tell({
        kind: 'point',
        slot,
        variant,
        record,
        progress: { done: 1, remaining: 9, reused: 0, ...progress },
      });
    const text = (columns = 200, beside = {}): string =>
      stripVTControlCharacters(block(state, columns, beside));
    return { state, tell, point, text };
  };

  test('a cause is told in full once, whatever numbers are in it', () => {
    const { state, point } = fresh();
    const failed = (cause: string): PointRecord => ({
      state: 'failed',
      key: 'k',
      kind: 'config rejected',
      cause,
      point: inFlight('m', 1),
    });
    const line = (variant: string, cause: string): string => {
      point(variant, failed(cause), {});
      return pointLine(state, variant, failed(cause)).replace(/^.*flight: /, '');
    };
    expect(line('m_config_default', 'port 9000: no file')).toBe(
      'failed: config rejected: port 9000: no file',
    );
    expect(line('m_config_0', 'port 9001: no file')).toBe('failed as m_config_default did');
    expect(line('m_config_default', 'port 9002: no file')).toBe('failed as before');
    expect(line('m_config_1', 'another')).toBe('failed: config rejected: another');
  });

  test('what runs, in settings, with how long each step took', () => {
    const { tell, text } = fresh();
    const settings = '2 instances on CPU, dynamic batching';
    tell({ kind: 'variant', slot, variant: 'm_config_0', settings });
    tell({ kind: 'phase', slot, variant: 'm_config_0', phase: 'starting the server' });
    now = 1200;
    tell({ kind: 'phase', slot, variant: 'm_config_0', phase: 'loading the model' });
    now = 4000;
    tell({ kind: 'phase', slot, variant: 'm_config_0', phase: 'measuring', point: inFlight('m', 4) });
    now = 9000;
    expect(text()).toContain(`▸ m_config_0: ${settings}\n`);
    expect(text()).toContain(
      '  measuring, 4 in flight, 0:05 · warming up · starting the server 1.2 s · loading the model 2.8 s',
    );
    tell({ kind: 'trial', slot, trial: trial('m_config_0', []) });
    expect(text()).not.toContain('▸');
  });

  test('at 60 columns settings go on in a second line, and where several run they end with a whole word', () => {
    const { tell, text } = fresh();
    const settings = '2 instances on CPU, max batch size 8, dynamic batching, 200 µs queue delay';
    const start = (of: string): void => {
      const variant = `m_config_${of}`;
      tell({ kind: 'variant', slot: of, variant, settings });
      tell({ kind: 'phase', slot: of, variant, phase: 'measuring', point: inFlight('m', 4) });
    };
    start('0');
    expect(text(60)).toContain(
      '▸ m_config_0: 2 instances on CPU, max batch size 8,\n  dynamic batching, 200 µs queue delay\n',
    );
    start('1');
    start('2');
    expect(text(60).match(/▸.*/g)).toEqual(
      [0, 1, 2].map((of) => `▸ m_config_${of}: 2 instances on CPU, max batch size 8, dynamic…`),
    );
  });

  test('the best against the default; courses, failures, the time given, the machine', () => {
    const { point, text } = fresh();
    point('m_config_default', record(100), {});
    point('m_config_default', record(80), { done: 2 });
    expect(text()).not.toContain('default 100');
    point('m_config_0', record(175), { done: 3 });
    const failed = {
      state: 'failed',
      key: 'k',
      point: inFlight('m', 1),
      kind: 'out of memory',
      cause: 'killed',
    } as const;
    point('m_config_1', failed, { done: 4 });
    now = 60_000;
    const usage = { cpu: 0.5, memory: { used: 2e9, all: 8e9 } };
    const lines = text(200, { used: usage, maxMinutes: 3 }).split('\n');
    expect(lines).toContainEqual(
      'best so far 175 infer/s ± 5 %, p99 10.0 ms (+75 %; default 100), 1 in flight, m_config_0',
    );
    expect(lines).toContainEqual('  infer/s ▂▁█ 80.0 to 175');
    expect(lines).toContainEqual('1 failed, last m_config_1: out of memory: killed');
    expect(lines).toContainEqual(
      expect.stringContaining('1:00 elapsed · about 2:00 left · ends at 3:00 at the latest'),
    );
    expect(lines).toContainEqual('CPU █████░░░░░ 50 %  memory ███░░░░░░░ 2.0 GB');
  });

  test('no more time is left than the limit gives; the best says which limit it breaks', () => {
    const { tell, point, text } = fresh();
    const goal = {
      models: ['m'],
      objectives: [{ tag: 'perf_throughput', weight: 10 }],
      constraints: [{ tag: 'perf_latency_p99', bound: 'max', value: 5 }],
    } as const;
    tell({
      kind: 'model',
      goal,
      configurations: 1,
      points: 10,
      progress: { done: 0, remaining: 10, reused: 0 },
    });
    point('m_config_default', record(100), {});
    now = 30_000;
    expect(text(200, { maxMinutes: 1 })).toContain('about 0:30 left · ends at 1:00 at the latest');
    expect(text()).toContain(
      'best so far 100 infer/s ± 5 %, p99 10.0 ms, 1 in flight, breaks p99 latency at most 5.00 ms, m_config_default',
    );
  });

  test('how many points there are does not shrink; what is not measured anew says so', () => {
    const { state, point } = fresh();
    point('m_config_0', record(100), { done: 1, remaining: 9, reused: 1 });
    expect(pointLine(state, 'm_config_0', record(100))).toMatch(/^\[ 1\/10\] .* \(journal\)$/);
    point('m_config_0', record(100), { done: 2, remaining: 3, reused: 1 });
    expect(pointLine(state, 'm_config_0', record(100))).toMatch(/^\[ 2\/10\] [^(]*$/);
    point('m_config_0', record(100), { done: 3, remaining: 12, reused: 1 });
    expect(state.total).toBe(15);
  });

  test.each([60, 80, 120, 200])('the block fits into %d columns', (columns) => {
    const { tell, point, text } = fresh();
    const variant = 'text_recognition_config_12';
    tell({ kind: 'variant', slot, variant, settings: 'many settings '.repeat(12) });
    tell({ kind: 'phase', slot, variant, phase: 'measuring', point: inFlight('m', 4) });
    for (const done of [1, 2, 3]) point(variant, record(100 * done), { done });
    const usage = { cpu: 0.5, memory: { used: 2e9, all: 8e9 } };
    for (const line of text(columns, { used: usage, maxMinutes: 600 }).split('\n'))
      expect(visibleWidth(line)).toBeLessThanOrEqual(columns);
  });
});

test('a log that would be silent says what goes on every ten seconds, and a long load by itself', () => {
  let now = 0;
  let look = (): void => {};
  const lines: string[] = [];
  const every = (_ms: number, act: () => void) => {
    look = act;
    return () => lines.push('over');
  };
  const view = plainView((line) => lines.push(line), { now: () => now, every });
  const tell = (happening: Happening): void => view({ ...happening, at });
  const waitUntil = (seconds: number): void => {
    for (; now < seconds * 1000; now += 1000) look();
  };
  tell(started(2));
  tell({ kind: 'phase', slot, variant: 'm_config_0', phase: 'measuring', point: inFlight('m', 4) });
  waitUntil(12);
  tell({
    kind: 'window',
    slot,
    variant: 'm_config_0',
    point: inFlight('m', 4),
    throughput: 55,
    latencyMs: 18,
  });
  waitUntil(25);
  tell({ kind: 'loading', slot, variant: 'm_config_0', seconds: 3 });
  waitUntil(60);
  tell({ kind: 'end', interrupted: false });
  expect(lines).toEqual([
    'm: 1 configuration, 2 points',
    'm_config_0, 4 in flight: measuring for 0:09',
    'm_config_0, 4 in flight: measuring for 0:18, window 1: 55.0 infer/s, 18.0 ms',
    'over',
  ]);
});

test.each([
  [[1, 2, 3, 8], 10, '▁▂▃█'],
  [[5, 5], 10, '▅▅'],
  [[1, 9, 1, 9], 2, '▁█'],
  [[], 5, ''],
])('the course of %j', (values, width, text) => {
  expect(sparkline(values, width)).toBe(text);
});

test('what could not be checked is said, in the table and once below it', () => {
  const goal = {
    models: ['m'] as const,
    objectives: [{ tag: 'perf_throughput', weight: 1 }],
    constraints: [{ tag: 'gpu_used_memory', bound: 'max', value: 8000 }] as const,
  };
  const recorded = run(trial('m_config_default', [measurement({})]));
  const text = stripVTControlCharacters(rankingText(rank(recorded, goal)));
  expect(text).toMatch(/m_config_default .* GPU memory not checked/);
  expect(text).toContain('gpu_used_memory was not measured (no GPU was seen): its limit is not checked');
  expect(text).toContain('Nothing can be promised for m');
});

test('costs are columns of their own where prices are given, the energy where it is asked for', () => {
  const at = (throughput: number) =>
    measurement({ perf_throughput: throughput, energy_per_thousand_inferences: 1234.5 }, 1, { gpusInUse: 1 });
  const recorded = run(trial('m_config_default', [at(100)]), trial('m_config_0', [measurement({})]));
  const goal = { models: ['m'] as const, objectives: [{ tag: 'perf_throughput', weight: 1 }] };
  const prices = { perGpuHour: 2, requestRate: 150 };
  const limit = { tag: 'energy_per_thousand_inferences', bound: 'max', value: 1000 } as const;
  const text = (changes: object): string =>
    stripVTControlCharacters(rankingText(rank(recorded, { ...goal, constraints: [], ...changes })));
  expect(text({})).not.toMatch(/cost|J\/1000/);
  expect(text({ prices })).toMatch(/p99 ms +cost\/1M +cost\/month +(gain +)?in flight/);
  expect(text({ prices: { ...prices, currency: 'EUR' } })).toMatch(
    /p99 ms +cost\/1M EUR +cost\/month EUR +(gain +)?in flight/,
  );
  expect(text({ prices })).toMatch(/m_config_default +100 +5\.00 % +10\.0 +5\.56 +2,920 /);
  expect(text({ prices })).toMatch(/m_config_0 +100 +5\.00 % +10\.0 +- +- /);
  expect(text({ constraints: [limit] })).toMatch(/p99 ms +J\/1000 +(gain +)?in flight/);
  expect(text({ constraints: [limit] })).toContain('energy of a thousand inferences 1,235 > 1,000 J');
});

test('the ranked table, what failed, what was not measured, the verdict', async () => {
  const trials = ['default', '0', '1', '2', '3', '4', '5', '6'].map((name, index) =>
    trial(`m_config_${name}`, [measurement({ perf_throughput: 100 + index * 10 })], {
      assignment:
        index === 0
          ? {}
          : { 'dynamic_batching.max_queue_delay_microseconds': index * 100, max_batch_size: 4 },
    }),
  );
  const broken = trial('m_config_7', [], {
    end: { ...trial('x', []).end!, cause: 'Internal: no module named torch' },
  });
  const goal = {
    models: ['m'] as const,
    objectives: [
      { tag: 'perf_throughput', weight: 1 },
      { tag: 'gpu_utilization', weight: 1 },
    ],
    constraints: [{ tag: 'perf_latency_p99', bound: 'max', value: 9 }] as const,
  };
  await expect(`${rankingText(rank(run(...trials, broken), goal))}\n`).toMatchFileSnapshot(
    '../golden/ranking.txt',
  );
});

test('a failure whose log is to be seen says where it is', () => {
  const end = { ...trial('x', []).end!, cause: 'ended', advice: 'see the log; fewer instances may work' };
  const goal = {
    models: ['m'] as const,
    objectives: [{ tag: 'perf_throughput', weight: 1 }],
    constraints: [],
  };
  const text = (more: object): string =>
    stripVTControlCharacters(
      rankingText(rank(run(trial('m_config_7', [], { end: { ...end, ...more } })), goal)),
    );
  expect(text({ logFile: '/ck/logs/$&.log' })).toContain('see the log /ck/logs/$&.log; fewer');
  expect(text({ logFile: undefined })).toContain('see the log; fewer');
});

test('a gain is the least where the client set the figures, the most where it set those of the default', () => {
  const client = { bottleneck: { who: 'client' as const, reasons: ['busy'] } };
  const goal = {
    models: ['m'] as const,
    objectives: [{ tag: 'perf_throughput', weight: 1 }],
    constraints: [],
  };
  const text = (ofDefault: object, ofOther: object): string =>
    stripVTControlCharacters(
      rankingText(
        rank(
          run(
            trial('m_config_default', [measurement({ perf_throughput: 100 }, 1, ofDefault)]),
            trial('m_config_0', [measurement({ perf_throughput: 300 }, 1, ofOther)]),
          ),
          goal,
        ),
      ),
    );
  expect(text({}, client)).toContain(' ≥ +200 % ');
  expect(text(client, {})).toContain(' ≤ +200 % ');
  expect(text(client, client)).not.toContain('+200 %');
});

test('where nothing is measured the verdict stands first', () => {
  const goal = { models: ['m'] as const, objectives: [], constraints: [] };
  expect(stripVTControlCharacters(rankingText(rank(run(), goal)))).toMatch(/^Nothing/);
});

test('several models: the best of each, and the best of all', () => {
  const both = run(
    trial('m_config_default', [measurement({ perf_throughput: 100 }, 4)]),
    trial('m_config_0', [measurement({ perf_throughput: 300 }, 4)]),
    trial('n_config_default', [measurement({ perf_throughput: 200 })], { model: 'n' }),
  );
  const goal = { objectives: [{ tag: 'perf_throughput', weight: 1 }], constraints: [] };
  const rankings = ['m', 'n', 'gone'].map((name) => rank(both, { models: [name], ...goal }));
  const plain = (text: string): string[] =>
    stripVTControlCharacters(text)
      .split('\n')
      .map((line) => line.trimEnd());
  expect(plain(modelsText(rankings))).toEqual([
    'What was decided for each model:',
    'decision  Model  Model Config      infer/s  p99 ms  load         batch',
    'deploy    m      m_config_0            300    10.0  4 in flight      1',
    'keep      n      n_config_default      200    10.0  1 in flight      1',
    'none      gone   gone',
  ]);
  expect(plain(modelsText(rankings, 56)).at(-1)).toBe('none      gone');
  expect(plain(acrossText(rankAcross(both, [['m'], ['n']], goal, 2)))).toEqual([
    'The best 2 configurations of all models, by the highest throughput:',
    '#  Model  Model Config      infer/s  p99 ms  load         batch',
    '1  m      m_config_0            300    10.0  4 in flight      1',
    '2  n      n_config_default      200    10.0  1 in flight      1',
  ]);
});

test('a limit that is kept within the noise is said so where the value is', () => {
  const constraints = [{ tag: 'perf_latency_p99', bound: 'max', value: 20 }] as const;
  const goal = { models: ['m'] as const, objectives: [{ tag: 'perf_throughput', weight: 1 }], constraints };
  const at = (throughput: number, p99: number) =>
    measurement({ perf_throughput: throughput, perf_latency_p99: p99 });
  const recorded = run(trial('m_config_default', [at(100, 9)]), trial('m_config_0', [at(200, 20.4)]));
  const belief = {
    goal: { objectives: goal.objectives, constraints },
    ...{ variant: 'm_config_0', point: inFlight('m', 1), keeps: 0.96, better: { chance: 0.001 } },
  };
  const text = stripVTControlCharacters(rankingText(rank(recorded, goal, belief)));
  expect(text).toMatch(/1 +m_config_0 .* p99 latency 20\.4 > 20\.0 ms, kept with 96 %/);
  expect(text).toMatch(/\nDeploy .* \(m_config_0\): 200 infer\/s /);
  // Once.
  expect(text.match(/200 infer\/s/g)).toHaveLength(1);
  expect(text).toContain(
    'There is a chance of less than 1 % that something else is better by more than 5 %.',
  );
});

test('what failed alike is told once, with the names, the log and how to repeat one of them', () => {
  const end = (changes: object) => ({
    ...trial('x', []).end!,
    kind: 'out of memory' as const,
    cause: 'killed',
    ...changes,
  });
  const failed = ['0', '1', '2', '3', '4'].map((number) =>
    trial(`m_config_${number}`, [], {
      end: end({
        logFile: `/ck/logs/${number}.log`,
        specFile: `/ck/trials/${number}.json`,
        advice: 'fewer instances',
      }),
    }),
  );
  const other = trial('m_config_9', [], { end: end({ cause: 'no such file' }) });
  const goal = {
    models: ['m'] as const,
    objectives: [{ tag: 'perf_throughput', weight: 1 }],
    constraints: [],
  };
  const recorded = run(trial('m_config_default', [measurement({})]), ...failed, other);
  const lines = stripVTControlCharacters(rankingText(rank(recorded, goal))).split('\n');
  expect(lines.filter((line) => line.startsWith('failed'))).toEqual([
    'failed   m_config_0, m_config_1, m_config_2 and 2 more: out of memory: killed',
    'failed   m_config_9: out of memory: no such file',
  ]);
  expect(lines).toContainEqual('         fewer instances');
  expect(lines).toContainEqual('         log: /ck/logs/0.log');
  expect(lines).toContainEqual('         once more: tma trial --spec /ck/trials/0.json');
});

test.each([60, 80, 120, 200])('what is told at the end fits into %d columns', (columns) => {
  const goal = {
    models: ['m'] as const,
    objectives: [{ tag: 'perf_throughput', weight: 1 }],
    constraints: [{ tag: 'perf_latency_p99', bound: 'max', value: 150 }] as const,
  };
  const trials = ['0', '1', '2'].map((name, index) =>
    trial(
      `text_recognition_with_a_long_name_config_${name}`,
      [measurement({ perf_throughput: 100 + 60 * index })],
      {
        assignment: { 'dynamic_batching.max_queue_delay_microseconds': index * 100, max_batch_size: 4 },
      },
    ),
  );
  const broken = trial('m_config_7', [], {
    end: { ...trial('x', []).end!, cause: 'Internal: no module named torch' },
  });
  const recorded = run(trial('m_config_default', [measurement({})]), ...trials, broken);
  const text = stripVTControlCharacters(rankingText(rank(recorded, goal), [], columns));
  for (const line of text.split('\n')) expect(visibleWidth(line)).toBeLessThanOrEqual(columns);
});

test('below the verdict stand the first three findings, and how many more there are', () => {
  const goal = {
    models: ['m'] as const,
    objectives: [{ tag: 'perf_throughput', weight: 1 }],
    constraints: [],
  };
  const ranking = rank(run(trial('m_config_default', [measurement({})])), goal);
  const finding = (text: string) => ({ rule: 'r', kind: 'gain' as const, text, worth: 1, evidence: [] });
  const linesOf = (...texts: readonly string[]): string[] =>
    stripVTControlCharacters(rankingText(ranking, texts.map(finding))).split('\n');
  expect(linesOf('One.', 'Two.', 'Three.', 'Four.').slice(-5)).toEqual([
    ...['', '- One.', '- Two.', '- Three.'],
    '1 more in the report',
  ]);
  expect(linesOf('One.').slice(-2)).toEqual(['', '- One.']);
  expect(linesOf().at(-1)).toBe('It is the only one measured.');
});

test('the table has the intervals that results.json has: what was measured on several starts holds another one', () => {
  const twice = trial('m_config_0', []);
  const measuredTwice = {
    ...twice,
    state: 'measured' as const,
    points: [90, 110].map((value, index) => ({
      state: 'measured' as const,
      key: 'k',
      measurement: measurement({ perf_throughput: value }),
      ...(index > 0 && { again: 'afresh' as const }),
    })),
  };
  const ranking = rank(
    run(trial('m_config_default', [measurement({ perf_throughput: 20 })]), measuredTwice),
    {
      models: ['m'],
      objectives: [{ tag: 'perf_throughput', weight: 1 }],
      constraints: [],
    },
  );
  const { measurement: own } = ranking.leader!.best;
  const [low, high] = intervalsOf(own, ranking.noise)['perf_throughput']!;
  const half = (100 * (high! - low!)) / 2 / own.whole.values['perf_throughput']!;
  expect(half).toBeGreaterThan(20);
  expect(stripVTControlCharacters(rankingText(ranking))).toMatch(
    new RegExp(`^1 +m_config_0 +100 +${half.toFixed(1)} %`, 'm'),
  );
});

test('what the noise may explain is said: of the first, and of the default', () => {
  const goal = {
    models: ['m'] as const,
    objectives: [{ tag: 'perf_throughput', weight: 1 }],
    constraints: [],
  };
  const at = (name: string, perf_throughput: number) => trial(name, [measurement({ perf_throughput })]);
  const linesOf = (...others: readonly [string, number][]): string[] => {
    const trials = others.map(([name, rate]) => at(name, rate));
    const text = rankingText(rank(run(at('m_config_default', 100), ...trials), goal));
    return stripVTControlCharacters(text).split('\n');
  };
  const close = linesOf(['m_config_0', 103], ['m_config_1', 60]);
  expect(close[1]).toMatch(/^1 +m_config_0 +103 +5\.00 % +10\.0 +noise /);
  expect(close[2]).toMatch(/^2= +m_config_default \(keep\) /);
  expect(close[3]).toMatch(/^3 +m_config_1 +60\.0 +5\.00 % +10\.0 +-40 % /);
  expect(close[4]).toBe("= tied with the first: what was measured can't tell them apart");
  expect(close[5]).toBe('noise: the difference from the default may be chance');
  const apart = linesOf(['m_config_0', 200]);
  expect(apart[1]).toMatch(/^1 +m_config_0 +200 +5\.00 % +10\.0 +\+100 % /);
  expect(apart[3]).not.toMatch(/tied|noise/);
  expect(apart[0]).not.toContain('constraints');
});
