import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { watchOutput } from '../../src/cli/watch-output.ts';

class FakeStream extends EventEmitter {
  text = '';
  write(text: string): void {
    this.text += text;
  }
  fail(code?: string): void {
    this.emit('error', Object.assign(new Error('write failed'), code === undefined ? {} : { code }));
  }
}

function watched() {
  const process = Object.assign(new EventEmitter(), {
    stdout: new FakeStream(),
    stderr: new FakeStream(),
    exitCode: undefined as number | undefined,
  });
  let stops = 0;
  process.on('SIGTERM', () => stops++);
  watchOutput(process as unknown as NodeJS.Process);
  /** What the process answers that would have answered `code`. */
  const exit = (code: number): number | undefined => {
    process.exitCode = code;
    process.emit('exit');
    return process.exitCode;
  };
  return { ...process, stdout: process.stdout, stderr: process.stderr, stops: () => stops, exit };
}

test.each(['EPIPE', 'EIO'])('%s: whoever reads may leave', (code) => {
  const { stdout, stderr, stops, exit } = watched();
  stdout.fail(code);
  stderr.fail(code);
  expect([stderr.text, stops(), exit(0)]).toEqual(['', 0, 0]);
});

test('a full disk behind the standard output is said once and stops everything once', () => {
  const { stdout, stderr, stops, exit } = watched();
  stdout.fail('ENOSPC');
  stdout.fail('ENOSPC');
  stderr.fail('ENOSPC');
  expect(stderr.text).toBe(
    'cannot write to the standard output: write failed\n  free some space on its disk\n',
  );
  expect([stops(), exit(130)]).toEqual([1, 5]);
});

test('one behind the standard error stops it, too', () => {
  const { stderr, stops, exit } = watched();
  stderr.fail('EDQUOT');
  expect([stops(), exit(0)]).toEqual([1, 5]);
});

test('anything else is a bug', () => {
  const { stdout, stops } = watched();
  expect(() => stdout.fail()).toThrow('write failed');
  expect(() => stdout.fail('ERR_STREAM_DESTROYED')).toThrow('write failed');
  expect(stops()).toBe(0);
});
