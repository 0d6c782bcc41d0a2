import { expect, test } from 'vitest';
import { measuringOptions } from '../../../src/rank/comparison/measuring-options.ts';

const optionsOf = (command: string) => measuringOptions(command.split(' ')).join(' ');

test('where files lie, what is written and what is told is no way to measure', () => {
  expect(
    optionsOf(
      'tma profile -f /a/perf.yaml -m models -s checkpoints --export-path=out --fresh -q --baseline checkpoints --fail-on worse --on-finish https://example.org/',
    ),
  ).toBe('');
  expect(optionsOf('tma profile -f b.yaml --concurrency 2,4 --fresh --time-limit=5 -e out')).toBe(
    '--concurrency 2,4 --time-limit=5',
  );
});

test('flags that are cut short, or written with _, are known', () => {
  expect(optionsOf('tma --config_file perf.yaml --export out --max-meas 20')).toBe('--max-meas 20');
});

test('what is no flag, or may be several, is told', () => {
  expect(optionsOf('tma profile --no-such 3 -f perf.yaml --max 2')).toBe('--no-such 3 --max 2');
  expect(measuringOptions([])).toEqual([]);
});
