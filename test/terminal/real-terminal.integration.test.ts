import { setTimeout as sleep } from 'node:timers/promises';
import { execa, execaSync } from 'execa';
import { afterAll, describe, expect, test } from 'vitest';
import { visibleWidth } from '../../src/terminal/fit.ts';

const hasTmux = execaSync('tmux', ['-V'], { reject: false }).exitCode === 0;
if (!hasTmux) console.warn('skipped: what is shown in a real terminal, because tmux is not installed');

const SOCKET = `tma-test-${process.pid}`;
const tmux = (...args: string[]) =>
  execa('tmux', ['-L', SOCKET, '-f', '/dev/null', ...args], { reject: false });
afterAll(async () => {
  if (hasTmux) await tmux('kill-server');
});

/** What each scenario shows last: a screen before that is taken in the middle of its drawing. */
const LIVE = /best\s+so\s+far\s+267.*Ctrl-C/s;
const FAILURE = /1\s+failed,\s+last.*Ctrl-C/s;

/** The lines on a terminal of so many columns that plays a scenario, once they have what is waited for. */
async function screen(scenario: string, columns: number, wanted: RegExp, env = ''): Promise<string[]> {
  const session = `${scenario}-${columns}${env ? '-plain' : ''}`;
  // Whoever runs the tests may want no colours for himself.
  const play = `env -u NO_COLOR -u NODE_DISABLE_COLORS -u FORCE_COLOR ${env} ${process.execPath} test/support/terminal-player.ts ${scenario}; sleep 60`;
  await tmux('new-session', '-d', '-s', session, '-x', `${columns}`, '-y', '50', play);
  for (let tries = 0; tries < 200; tries++) {
    const { stdout } = await tmux('capture-pane', '-p', ...(env ? ['-e'] : []), '-t', session);
    if (wanted.test(stdout)) return stdout.split('\n').map((line) => line.trimEnd());
    await sleep(100);
  }
  throw new Error(`${scenario} at ${columns} columns did not show ${wanted}`);
}

describe.skipIf(!hasTmux).each([60, 80, 120, 200])('at %d columns', (columns) => {
  const fits = (lines: readonly string[]): void => {
    for (const line of lines) expect(visibleWidth(line)).toBeLessThanOrEqual(columns);
  };

  test('live: what runs, how far, the best, the machine; nothing is drawn twice', async () => {
    const lines = await screen('live', columns, LIVE);
    fits(lines);
    // After some redraws the block stands there once.
    await sleep(700);
    const text = (await screen('live', columns, LIVE)).join(' ').replace(/\s+/g, ' ');
    expect(text.match(/best so far/g)).toHaveLength(1);
    expect(text.match(/▸/g)).toHaveLength(1);
    expect(text).toMatch(/best so far 267 infer\/s ± 5 %, p99 61\.0 ms \(\+67 %; default 160\)/);
    expect(text).toMatch(/point 6 of 27/);
    expect(text).toMatch(/CPU █+░+ 62 %/);
    expect(text).toContain('(journal)');
  });

  test('a failure stands in the log and in the block', async () => {
    const text = (await screen('failure', columns, FAILURE)).join(' ').replace(/\s+/g, ' ');
    expect(text).toContain('[ 6/27] text_recognition_config_1, 4 in flight: failed: out of memory:');
    expect(text).toContain('1 failed, last text_recognition_config_1: out of memory');
  });

  test('finished: nothing of the block is left, words are whole', async () => {
    const lines = await screen('finished', columns, /with 4\s+requests\s+in\s+flight\./);
    fits(lines);
    const text = lines.join(' ').replace(/\s+/g, ' ');
    expect(text).not.toContain('Ctrl-C');
    expect(text).toContain('267 infer/s ± 5.00 % (+74.5 % ± 15.7; default 153) at p99 61.0 ms (limit 150)');
    expect(text).toContain('and 1 more: out of memory: killed log: /tmp/run/checkpoints/logs/x.log');
  });

  test('interrupted with nothing measured', async () => {
    const text = (await screen('interrupted', columns, /was\s+tried/)).join(' ').replace(/\s+/g, ' ');
    expect(text).toContain(
      'interrupted Nothing was measured for text_recognition: no configuration was tried.',
    );
  });
});

test.skipIf(!hasTmux)('with NO_COLOR nothing is painted', async () => {
  const coloured = /\u001b\[3\dm/;
  expect((await screen('live', 100, /Ctrl-C/, 'TERM=screen-256color')).join('\n')).toMatch(coloured);
  expect((await screen('failure', 100, FAILURE, 'NO_COLOR=1')).join('\n')).not.toMatch(coloured);
});
