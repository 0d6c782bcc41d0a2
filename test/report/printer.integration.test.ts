import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ownerOf } from '../../src/ground/owner.ts';
import { openPrinter } from '../../src/report/printer.ts';
import { isAlive, processState } from '../../src/server/processes.ts';
import { folder } from '../support/experiment.ts';
import { until } from '../support/until.ts';

/** Real processes, short limits; the tests' own limits are generous. */
const LIMIT_MS = 30_000;

/** Something in a browser's place that notes what it was started with. */
function browser(script: string) {
  const place = folder();
  const path = join(place, 'chrome');
  writeFileSync(path, `#!/bin/sh\necho $$ > ${place}/pid\necho "$@" > ${place}/flags\n${script}\n`);
  chmodSync(path, 0o755);
  return {
    env: { ...process.env, PUPPETEER_EXECUTABLE_PATH: path },
    flags: () => readFileSync(join(place, 'flags'), 'utf8'),
    started: () => existsSync(join(place, 'flags')),
    isAlive: () => {
      const state = processState(Number(readFileSync(join(place, 'pid'), 'utf8')));
      return state !== undefined && isAlive(state);
    },
  };
}
const profiles = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('tma-browser-') && name.includes(ownerOf()));

test(
  'a browser that does not answer is ended in time, with its profile; it listens on no port',
  async () => {
    const hanging = browser('exec sleep 3000');
    await expect(openPrinter({ env: hanging.env, startS: 2 })).rejects.toThrow('did not answer within 2 s');
    expect(hanging.flags()).toContain('--remote-debugging-pipe');
    expect(hanging.flags()).not.toContain('--remote-debugging-port');
    expect(hanging.flags()).toMatch(/--user-data-dir=\S*tma-browser-/);
    await until(() => !hanging.isAlive());
    expect(profiles()).toEqual([]);
  },
  LIMIT_MS,
);

test(
  'a browser that hangs hears the signal',
  async () => {
    const hanging = browser('exec sleep 3000');
    const stop = new AbortController();
    const opening = openPrinter({ env: hanging.env, startS: 600, signal: stop.signal });
    opening.catch(() => {});
    await until(hanging.started);
    stop.abort(new Error('stopped'));
    await expect(opening).rejects.toThrow('stopped');
    await until(() => !hanging.isAlive());
    expect(profiles()).toEqual([]);
  },
  LIMIT_MS,
);

test(
  'a tma that is killed while its browser starts leaves neither browser nor profile',
  async () => {
    const hanging = browser('exec sleep 3000');
    const place = folder();
    const script = `import(${JSON.stringify(join(import.meta.dirname, '../../src/report/printer.ts'))}).then((pdf) => pdf.openPrinter())`;
    const tma = spawn(process.execPath, ['-e', script], { env: { ...hanging.env, TMPDIR: place } });
    await until(hanging.started);
    expect(readdirSync(place)).toEqual([expect.stringMatching(/^tma-browser-/)]);
    tma.kill('SIGKILL');
    await until(() => !hanging.isAlive() && readdirSync(place).length === 0);
  },
  LIMIT_MS,
);

test(
  'a browser that dies at once is a failure in words',
  async () => {
    await expect(openPrinter({ env: browser('exit 3').env })).rejects.toThrow();
    expect(profiles()).toEqual([]);
  },
  LIMIT_MS,
);
