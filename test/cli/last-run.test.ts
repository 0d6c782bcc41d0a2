import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SCHEMA_VERSION } from '../../src/record/run.ts';
import { Journal } from '../../src/store/journal.ts';
import { folder } from '../support/experiment.ts';
import { measurement, run, trial } from '../support/run.ts';
import { tma } from '../support/tma.ts';
import { GOAL } from '../support/two-runs.ts';

/** A folder in which two sessions were recorded in a checkpoint directory. */
function recorded(directory: string, cwd = folder()): string {
  const journal = new Journal(join(cwd, directory));
  for (const day of [1, 2]) {
    const id = `2026-11-0${day}T02:00:00.000Z`;
    journal.append({
      kind: 'session',
      schemaVersion: SCHEMA_VERSION,
      ...run().sessions[0]!,
      id,
      startedAt: id,
      goals: [GOAL],
    });
    const { points, state: _state, end: _end, ...variant } = trial('m_config_default', [measurement({})]);
    journal.append({ kind: 'variant', ...variant });
    for (const point of points) journal.append({ kind: 'point', variant: variant.key, record: point });
  }
  journal.close();
  return cwd;
}

const EARLIER =
  'checkpoints holds an earlier run, so that everything stays in this folder as it was, not in tma-out\n';

describe('without options, the last run of this folder', () => {
  test('is reported below tma-out, which git passes over', async () => {
    const { code, out, error, cwd } = await tma(['report', '-o', 'html'], recorded('tma-out/checkpoints'));
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(out.split('\n')).toContain('report   tma-out/reports/summaries/m/result_summary.html');
    expect(existsSync(join(cwd, 'reports'))).toBe(false);
  });

  test('is compared with the one before', async () => {
    const { code, out, error } = await tma(['compare'], recorded('tma-out/checkpoints'));
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(out).toMatch(
      /^BASE {2}tma-out\/checkpoints, session of 2026-11-01 02:00:00\nNEW {3}tma-out\/checkpoints, session of 2026-11-02/,
    );
  });

  test('is exported', async () => {
    const { out, error } = await tma(['export', '--best'], recorded('tma-out/checkpoints'));
    expect(error).not.toContain('nothing is recorded');
    expect(out + error).toContain('m: ');
  });

  test('is that of an earlier tma, where there is no other, and lies where it lay', async () => {
    const cwd = recorded('checkpoints');
    const report = await tma(['report', '-o', 'html'], cwd);
    expect(report).toMatchObject({ code: 0, error: EARLIER });
    expect(report.out.split('\n')).toContain('report   reports/summaries/m/result_summary.html');
    expect(existsSync(join(cwd, 'tma-out'))).toBe(false);
    expect((await tma(['compare'], cwd)).error).toBe(EARLIER);
    expect((await tma(['export'], cwd)).error).toContain(EARLIER);
    // Whoever names it knows where it lies.
    expect((await tma(['compare', 'checkpoints'], cwd)).error).toBe('');
    expect((await tma(['report', '-o', 'html', '-s', 'checkpoints'], cwd)).error).toBe('');
  });

  test('moves into tma-out as it is', async () => {
    const cwd = recorded('checkpoints');
    mkdirSync(join(cwd, 'tma-out'));
    renameSync(join(cwd, 'checkpoints'), join(cwd, 'tma-out', 'checkpoints'));
    expect(await tma(['report', '-o', 'html'], cwd)).toMatchObject({ code: 0, error: '' });
  });
});

describe('where there is none', () => {
  const LOOKED = 'nothing is recorded in tma-out/checkpoints or in checkpoints\n';

  test.each([
    [['report'], 'tma report -s'],
    [['export', '--best'], 'tma export -s'],
    [['compare'], 'tma compare'],
  ])('%j says where it looked, and what to type', async (typed, command) => {
    const none = await tma(typed, folder());
    expect(none).toMatchObject({ code: 2, out: '' });
    expect(none.error).toBe(
      `${LOOKED}  run \`tma profile\` first, or name the folder that it was told as --checkpoint-directory: \`${command} DIR\`\n`,
    );
    const near = await tma(typed, recorded('my run/checkpoints'));
    expect(near.error).toBe(
      `${LOOKED}  there is a run in my run/checkpoints: \`${command} 'my run/checkpoints'\`\n`,
    );
    const inside = await tma(typed, join(recorded('out'), 'out'));
    expect(inside.error).toBe(`${LOOKED}  there is a run in .: \`${command} .\`\n`);
  });

  test('an export path named as a checkpoint directory is put right', async () => {
    const { code, error } = await tma(['report', '-s', 'tma-out'], recorded('tma-out/checkpoints'));
    expect(code).toBe(2);
    expect(error).toMatch(
      /^nothing is recorded in .*tma-out\n {2}there is a run in tma-out\/checkpoints: `tma report -s tma-out\/checkpoints`\n$/,
    );
  });
});
