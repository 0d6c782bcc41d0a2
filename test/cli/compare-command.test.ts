import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { comparisonSchema } from '../../src/record/comparison.ts';
import type { Entry } from '../../src/record/entry.ts';
import { lineOf } from '../../src/record/line.ts';
import { folder } from '../support/experiment.ts';
import { run } from '../support/run.ts';
import { tma } from '../support/tma.ts';
import { GOAL, type Night, night } from '../support/two-runs.ts';

/** Writes a session that came to its end behind those of the journal of a folder. */
function recorded(directory: string, day: number, how: Partial<Night> = {}): void {
  mkdirSync(directory, { recursive: true });
  const id = `2026-11-0${day}T02:00:00.000Z`;
  const trials = night({ seed: day, configurations: 12, ...how });
  const seen = { all: trials.length, seen: trials.length };
  const entries: Entry[] = [
    { kind: 'session', schemaVersion: 2, ...run().sessions[0]!, id, startedAt: id, goals: [GOAL] },
    ...trials.flatMap(({ points, end, state: _, ...variant }): Entry[] => [
      { kind: 'variant', ...variant },
      ...points.map((record): Entry => ({ kind: 'point', variant: variant.key, record })),
      { kind: 'end', variant: variant.key, end: end! },
    ]),
    {
      kind: 'search',
      models: ['m'],
      search: 'manual',
      why: 'everything was measured',
      points: seen,
      configurations: seen,
      measurements: trials.length,
      importance: [],
      skipped: [],
      remarks: [],
    },
  ];
  appendFileSync(join(directory, 'journal.jsonl'), entries.map((entry) => `${lineOf(entry)}\n`).join(''));
}

/** A folder with three nights in `nights`, the last of them slower, and the second by itself in `other`. */
function nights(): string {
  const cwd = folder();
  recorded(join(cwd, 'nights'), 1);
  recorded(join(cwd, 'nights'), 2);
  recorded(join(cwd, 'nights'), 3, { slower: 1.2 });
  recorded(join(cwd, 'other'), 4);
  return cwd;
}

describe('which runs', () => {
  test('one folder: its last session and the one before', async () => {
    const { code, out, error } = await tma(['compare', 'nights'], nights());
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(out).toMatch(
      /^BASE {2}nights, session of 2026-11-02 02:00:00\nNEW {3}nights, session of 2026-11-03 02:00:00\n/,
    );
    expect(out).toContain('m is worse: throughput -');
  });

  test('a session of that folder, or of either', async () => {
    const cwd = nights();
    const first = await tma(
      ['compare', 'nights', '--base-session', '2026-11-01', '--session', '2026-11-02'],
      cwd,
    );
    expect(first.out).toMatch(/session of 2026-11-01 02:00:00\nNEW {3}nights, session of 2026-11-02/);
    const two = await tma(['compare', 'other', 'nights', '--session', '2026-11-02'], cwd);
    expect(two.out).toMatch(
      /^BASE {2}other, session of 2026-11-04 02:00:00\nNEW {3}nights, session of 2026-11-02/,
    );
    const last = await tma(
      ['compare', 'other', 'nights', '--session', 'last', '--base-session', 'last'],
      cwd,
    );
    expect(last.out).toMatch(/session of 2026-11-04 02:00:00\nNEW {3}nights, session of 2026-11-03/);
  });

  test('neither folder is written to', async () => {
    const cwd = nights();
    const before = readFileSync(join(cwd, 'nights', 'journal.jsonl'), 'utf8');
    await tma(['compare', 'other', 'nights'], cwd);
    expect(readFileSync(join(cwd, 'nights', 'journal.jsonl'), 'utf8')).toBe(before);
    expect(existsSync(join(cwd, 'reports'))).toBe(false);
  });
});

describe('the exit code', () => {
  const slower = ['compare', 'nights'];
  const alike = ['compare', 'other', 'nights', '--session', '2026-11-02'];

  test.each([
    ['nothing was asked for', slower, 0],
    ['worse, and it is', [...slower, '--fail-on', 'worse'], 6],
    ['a limit that is passed', [...slower, '--fail-on', 'perf_throughput < -5%'], 6],
    [
      'one of several',
      [...slower, '--fail-on', 'perf_throughput < -90%', '--fail-on', 'perf_latency_p99 > 1%'],
      6,
    ],
    ['a limit that surely is not passed', [...slower, '--fail-on', 'perf_throughput < -90%'], 0],
    ['two nights that are alike', [...alike, '--fail-on', 'perf_throughput < -15%'], 0],
    ['what is not known', [...alike, '--fail-on', 'perf_throughput < 0%'], 0],
    [
      'what is not known, where that fails',
      [...alike, '--fail-on', 'perf_throughput < 0%', '--fail-on-unknown'],
      6,
    ],
  ])('%s', async (_what, args, code) => {
    expect((await tma(args, nights())).code).toBe(code);
  });

  test('what is not known is told', async () => {
    const { out } = await tma([...alike, '--fail-on', 'perf_throughput < 0%'], nights());
    expect(out).toMatch(/\nunknown perf_throughput < 0%: throughput [-+]/);
    expect(out).toMatch(/\npassed {2}constraints: no constraint is lost\n/);
  });
});

describe('what comes out', () => {
  test('--json is one object as the schema says, and nothing else', async () => {
    const { out, error } = await tma(
      ['compare', 'nights', '--json', '--fail-on', 'worse', '-e', 'out'],
      nights(),
    );
    expect(error).toBe('');
    const comparison = comparisonSchema.parse(JSON.parse(out));
    expect(comparison).toMatchObject({
      verdict: 'worse',
      margin: 5,
      base: { path: 'nights', session: '2026-11-02T02:00:00.000Z' },
    });
    expect(comparison.gates.map(({ state }) => state)).toEqual(['failed', 'passed']);
  });

  test('a page below the export path, and its name; -q prints nothing', async () => {
    const cwd = nights();
    const { out } = await tma(['compare', 'nights', '-e', 'out'], cwd);
    expect(out.trimEnd().split('\n').at(-1)).toBe('out/reports/comparison.html');
    expect(readFileSync(join(cwd, 'out/reports/comparison.html'), 'utf8')).toContain('m is worse');
    expect(await tma(['compare', 'nights', '-q', '--fail-on', 'worse'], cwd)).toMatchObject({
      code: 6,
      out: '',
      error: '',
    });
  });

  test('--margin', async () => {
    const cwd = nights();
    const { out } = await tma(['compare', 'nights', '--margin', '60%'], cwd);
    expect(out).toMatch(/m is the same: throughput -1\d % .*, within ± 60 %\./);
  });

  test('a name of somebody else does nothing to the terminal', async () => {
    const cwd = nights();
    const evil = join(cwd, 'evil\x1b[2J');
    recorded(evil, 5);
    const { out } = await tma(['compare', 'other', evil], cwd);
    expect(out).not.toContain('\x1b[2J');
    expect(out).toContain(String.raw`evil\x1b[2J`);
  });
});

describe('without a run in its own folder, it names only what it can compare', () => {
  test.each([
    [
      ['one'],
      'there is a run in one, without an earlier session to compare with: name two runs: `tma compare one NEW`',
    ],
    [
      ['one', 'two'],
      'there is a run in one, two, without an earlier session to compare with: name two runs: `tma compare one two`',
    ],
  ])('%j', async (directories, hint) => {
    const cwd = folder();
    for (const [index, directory] of directories.entries()) recorded(join(cwd, directory), index + 1);
    const { error } = await tma(['compare'], cwd);
    expect(error).toBe(`nothing is recorded in tma-out/checkpoints or in checkpoints\n  ${hint}\n`);
  });
});

describe('a mistake', () => {
  test.each([
    [
      'no run at all',
      ['compare'],
      /^nothing is recorded in tma-out\/checkpoints or in checkpoints\n {2}there is a run in nights: `tma compare nights`\n/,
    ],
    [
      'a folder that is not there',
      ['compare', 'nowhere', 'nights'],
      /there is no .*nowhere\n {2}name a checkpoint directory/,
    ],
    ['an empty folder', ['compare', 'empty', 'nights'], /nothing is recorded in .*empty\n/],
    [
      'a session that is not there',
      ['compare', 'nights', '--session', '2027'],
      /--session: no run began at 2027/,
    ],
    [
      'one run alone',
      ['compare', 'other'],
      /was measured before the session.*\n {2}name what to compare it with: tma compare BASE NEW/,
    ],
    [
      'a condition that is none',
      ['compare', 'nights', '--fail-on', 'p99 > 5%'],
      /--fail-on "p99 > 5%": there is no metric "p99"\n {2}did you mean "perf_latency_p99"/,
    ],
    [
      'nothing that could be unknown',
      ['compare', 'nights', '--fail-on-unknown'],
      /no condition is given that could be unknown\n {2}add --fail-on worse/,
    ],
    [
      'a margin that is none',
      ['compare', 'nights', '--margin', 'much'],
      /--margin.*It is to be a number of percent, such as 5/,
    ],
    [
      'a file of something else',
      ['compare', 'nights', 'notes.json'],
      /notes\.json is no results\.json that can be read/,
    ],
  ])('%s', async (_what, args, message) => {
    const cwd = nights();
    mkdirSync(join(cwd, 'empty'));
    writeFileSync(join(cwd, 'notes.json'), '{}');
    const { code, error, out } = await tma(args, cwd);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(error).toMatch(message);
  });
});
