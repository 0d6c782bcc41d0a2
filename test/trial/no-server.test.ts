import { describe, expect, test } from 'vitest';
import type { EXIT } from '../../src/cli/process.ts';
import type { FailureKind } from '../../src/record/failure-kind.ts';
import { endsRun, noServer } from '../../src/trial/no-server.ts';

const failed = (kind: FailureKind) => ({ kind, cause: 'no', advice: 'do', logTail: [], logFile: 'x.log' });

describe('a server that does not start', () => {
  test.each<[FailureKind, knowsServer: boolean, ends: boolean]>([
    ['server died', false, true],
    ['server died', true, false],
    ['port taken', true, true],
    // A bug of ours costs its own trial, and the run goes on.
    ['bug of tma', false, false],
  ])('%s, where one is known before: %s; ends the run: %s', (kind, knowsServer, ends) => {
    expect(endsRun({ kind, started: false }, knowsServer)).toBe(ends);
    expect(endsRun({ kind, started: true }, knowsServer)).toBe(false);
  });

  test.each<[FailureKind, keyof typeof EXIT]>([
    ['flag rejected', 'input'],
    ['container refused', 'input'],
    ['image missing', 'environment'],
    ['engine unreachable', 'environment'],
    ['no such device', 'environment'],
    ['server not ready', 'environment'],
    ['server died', 'environment'],
    ['other', 'environment'],
  ])('%s is for the %s to mend', (kind, fault) => {
    const [problem] = noServer(failed(kind)).problems;
    expect(problem!.fault).toBe(fault);
    expect(problem!.message).toMatch(/^the server does not start: /);
  });
});
