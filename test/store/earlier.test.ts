import { expect, test } from 'vitest';
import type { Entry } from '../../src/record/entry.ts';
import { inFlight } from '../../src/record/load-point.ts';
import { SCHEMA_VERSION } from '../../src/record/run.ts';
import { configKey } from '../../src/space/space.ts';
import { earlierNotes, earlierOf } from '../../src/store/earlier.ts';
import { Journal } from '../../src/store/journal.ts';
import { folder } from '../support/experiment.ts';
import { measurement, run, trial } from '../support/run.ts';

const at = (throughput: number) => [measurement({ perf_throughput: throughput }, 4)];
const parts = (files: string) => ({ 'the configuration': 'x', "the model's files": files });
const now = trial('m_config_default', at(10), { key: 'now', parts: parts('new') });

test('what was measured before something changed, by configuration; not what is as it is now', () => {
  const before = trial('m_config_0', at(20), { key: 'old', parts: parts('old') });
  const current = trial('m_config_1', at(30), { key: 'other', parts: parts('new') });
  const early = trial('m_config_2', at(40), { key: 'early' });
  const found = earlierOf('m', run(now, before, current, early), 'now', []);
  expect(found).toMatchObject([
    {
      candidateKey: configKey(before.models[0].config, 'm'),
      point: inFlight('m', 4),
      values: { perf_throughput: 20 },
    },
  ]);
  expect(earlierNotes('m', found)).toEqual(['m: 1 point of earlier runs tell where to look first']);
  expect(earlierNotes('m', [])).toEqual([]);
});

test('other checkpoint directories: the default is the default, other models are left out', () => {
  const directory = folder();
  const journal = new Journal(directory);
  const { points: _, end: __, state: ___, ...variant } = trial('m_config_default', []);
  const entries: Entry[] = [
    { kind: 'session', schemaVersion: SCHEMA_VERSION, ...run().sessions[0]! },
    { kind: 'variant', ...variant, key: 'a' },
    { kind: 'point', variant: 'a', record: { state: 'measured', key: '1', measurement: at(50)[0]! } },
    { kind: 'variant', ...variant, key: 'b', models: [{ ...variant.models[0], name: 'another' }] },
    { kind: 'point', variant: 'b', record: { state: 'measured', key: '1', measurement: at(60)[0]! } },
  ];
  for (const entry of entries) journal.append(entry);
  journal.close();
  expect(earlierOf('m', run(now), 'now', [directory])).toMatchObject([
    { candidateKey: undefined, values: { perf_throughput: 50 } },
  ]);
});

test('a directory without a journal is a mistake', () => {
  expect(() => earlierOf('m', run(now), 'now', ['/nowhere'])).toThrow(
    '--warm-start: nothing is recorded in /nowhere/journal.jsonl',
  );
});
