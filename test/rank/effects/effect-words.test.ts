import { expect, test } from 'vitest';
import {
  basisText,
  gainText,
  interactionText,
  percentsOf,
  timesText,
} from '../../../src/rank/effects/effect-words.ts';
import type { SettingEffect } from '../../../src/rank/effects/effects.ts';

const throughput = { objectives: [{ tag: 'perf_throughput', weight: 1 }] };
const latency = { objectives: [{ tag: 'perf_latency_p99', weight: 1 }] };
const setting = (value: number, half: number): SettingEffect => ({
  path: 'instance_group',
  levels: ['1:CPU', '2:CPU'],
  of: [0, 1],
  share: 0.5,
  means: [],
  gain: { from: 0, to: 1, value, half },
});

test('shares as percents come to 100, however they are rounded', () => {
  expect(percentsOf([1 / 3, 1 / 3, 1 / 3])).toEqual([34, 33, 33]);
  expect(percentsOf([0.005, 0.005, 0.99]).reduce((sum, share) => sum + share, 0)).toBe(100);
  expect(percentsOf([1])).toEqual([100]);
});

test('a difference is a percentage, a large one a factor', () => {
  expect(timesText(Math.log(1.342))).toBe('+34.2 %');
  expect(timesText(Math.log(0.95))).toBe('−5.00 %');
  expect(timesText(Math.log(8.66))).toBe('8.66 times');
});

test('a gain has its interval, of what is better low it is less, and what the noise explains is none', () => {
  expect(gainText(setting(Math.log(1.5), 0.1), throughput)).toBe(
    '2:CPU over 1:CPU: +50.0 % throughput (+35.7 % to +65.8 %)',
  );
  expect(gainText(setting(Math.log(2), 0.1), latency)).toContain('−50.0 % p99 latency (−44.7 % to −54.8 %)');
  expect(gainText(setting(0.1, 0.2), throughput)).toBe('no difference beyond the noise');
});

test('what two settings do together says what a step of one does at two values of the other', () => {
  const told = interactionText(
    {
      paths: ['instance_group', 'delay'],
      share: 0.2,
      steps: [
        { at: 0, from: 0, to: 1, value: Math.log(1.4) },
        { at: 1, from: 0, to: 1, value: Math.log(0.88) },
      ],
    },
    { settings: [setting(1, 0), { ...setting(1, 0), path: 'delay', levels: ['0', '200'] }], joint: [] },
    throughput,
  );
  expect(told).toBe(
    'delay from 0 to 200: +40.0 % where instance_group is 1:CPU, and −12.0 % where instance_group is 2:CPU (throughput).',
  );
});

test('what others do beside a setting that is not told is not said to be alike', () => {
  const effects = {
    settings: [setting(1, 0)],
    joint: [],
    interactions: [],
    worths: [],
    by: 'best',
    isLimited: false,
    leftOut: 0,
    rest: 0,
  } as const;
  const untold = [{ path: 'instance_group', why: 'too few configurations' }] as const;
  expect(basisText({ ...effects, untold: [] })).toContain('judged with all others alike');
  expect(basisText({ ...effects, untold })).toContain('judged with all others told here alike');
  const joint = [{ paths: ['instance_group', 'max_batch_size'], share: 0.9 }];
  expect(basisText({ ...effects, joint, untold: [] })).toContain('Each setting that stands alone is judged');
  expect(basisText({ ...effects, settings: [], joint, untold: [] })).toContain('No setting can be judged');
});
