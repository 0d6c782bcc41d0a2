import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { interpreterLost, watchFamily } from '../../src/server/family.ts';
import { isAlive, processesWith, processState } from '../../src/server/processes.ts';
import { clearAbandoned, clearAway, MARK, newMark } from '../../src/server/traces.ts';
import { until } from '../support/until.ts';

/** Real processes of this machine: limits are generous. */
const LIMIT_MS = 30_000;

const start = (script: string, mark?: string): ChildProcess => {
  const child = spawn('sh', ['-c', script], {
    detached: true,
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], ...(mark !== undefined && { [MARK]: mark }) },
  });
  child.unref();
  return child;
};
const alive = (pid: number): boolean => {
  const state = processState(pid);
  return state !== undefined && isAlive(state);
};
test(
  "what a program's processes left in a session of their own ends with it, and nobody else",
  async () => {
    const mark = newMark();
    const stranger = start('exec sleep 3000', newMark());
    // It neither belongs to the group nor listens to SIGTERM.
    const program = start(`setsid sh -c 'trap "" TERM; while :; do sleep 1; done' & exec sleep 3000`, mark);
    await until(() => processesWith(MARK, mark).length >= 3);
    const memory = `tma_test_${mark}_`;
    writeFileSync(`/dev/shm/${memory}region`, 'x');
    const folder = mkdtempSync(join(tmpdir(), 'tma-test-'));
    process.kill(-program.pid!, 'SIGTERM');
    await clearAway({ group: program.pid!, mark, sharedMemory: memory, folders: [folder] });
    await until(() => processesWith(MARK, mark).length === 0);
    expect(existsSync(`/dev/shm/${memory}region`)).toBe(false);
    expect(existsSync(folder)).toBe(false);
    expect(alive(stranger.pid!)).toBe(true);
    process.kill(-stranger.pid!, 'SIGKILL');
  },
  LIMIT_MS,
);

test(
  'programs and shared memory of a tma that is gone are ended by the next one',
  async () => {
    const gone = newMark().replace(/\.\d+\.(\w+)$/, '.1.$1');
    const orphan = start('exec sleep 3000', gone);
    const inUse = start('exec sleep 3000', newMark());
    await until(() => processesWith(MARK, gone).length === 1);
    const [left, used] = [`/dev/shm/tma_1_1_${gone}_`, `/dev/shm/tma_1_1_${newMark()}_`];
    for (const file of [left, used]) writeFileSync(file, 'x');
    clearAbandoned();
    await until(() => !alive(orphan.pid!));
    expect(existsSync(left)).toBe(false);
    expect(existsSync(used)).toBe(true);
    expect(alive(inUse.pid!)).toBe(true);
    rmSync(used);
    process.kill(inUse.pid!, 'SIGKILL');
  },
  LIMIT_MS,
);

test(
  'a family knows its members, and tells of one that stands still',
  async () => {
    const program = start('sleep 3000 & sleep 3000');
    let told: string | undefined;
    using family = watchFamily(
      program.pid!,
      (what) => {
        told = what;
      },
      1000,
    );
    await until(() => family.seen.size === 3);
    const [child] = [...family.seen].filter((pid) => pid !== program.pid);
    process.kill(child!, 'SIGSTOP');
    await until(() => told !== undefined);
    // A child that has only just begun still has its parent's name.
    expect(told).toMatch(
      new RegExp(`^(sleep|sh) \\(process ${child}\\) was stopped by somebody and did not go on for \\d+ s$`),
    );
    process.kill(-program.pid!, 'SIGKILL');
  },
  LIMIT_MS,
);

test(
  "a Python model's process that nobody looked after when it died is told, not waited for",
  async () => {
    // A shell that never waits for its children, as Triton before the process has said that it is there.
    const child = `${process.execPath} -e "process.title='triton_python_b'; setTimeout(() => {}, 200)"`;
    const program = start(`${child} & exec sleep 3000`);
    let told: string | undefined;
    using family = watchFamily(program.pid!, (what) => {
      told = what;
    });
    await until(() => told !== undefined);
    expect(told).toMatch(
      /Python model \(triton_python_backend_stub, \d+\) has ended, and Triton waits for it/,
    );
    expect(family.seen.size).toBe(2);
    process.kill(-program.pid!, 'SIGKILL');
  },
  LIMIT_MS,
);

test(
  'a shell of Triton that could not become the process of a Python model is told, not waited for',
  async () => {
    // A parent that never asks how its child ended, by the name of Triton's.
    const script =
      "process.title = 'tritonserver'; require('node:child_process').spawn('bash', ['-c', 'exit 1']); " +
      "process.kill(process.pid, 'SIGSTOP')";
    const program = start(`exec ${process.execPath} -e "${script}"`);
    let told: string | undefined;
    using _family = watchFamily(
      program.pid!,
      (what) => {
        told = what;
      },
      10 * LIMIT_MS,
    );
    await until(() => told !== undefined);
    expect(told).toMatch(/^the process of a Python model .* has ended, and Triton waits for it$/);
    process.kill(-program.pid!, 'SIGKILL');
  },
  2 * LIMIT_MS,
);

test(
  'the process of a Python model is missed when it is gone, others are not',
  async () => {
    // The kernel cuts names at fifteen letters.
    const named = (name: string): ChildProcess =>
      start(`exec ${process.execPath} -e "process.title='${name}'; setInterval(() => {}, 1000)"`);
    const [stub, helper] = [named('triton_python_b'), named('helper')];
    await until(() => processState(stub.pid!)?.name === 'triton_python_b');
    const abort = new AbortController();
    let lost: string | undefined;
    void interpreterLost([stub.pid!, helper.pid!], abort.signal).then((what) => {
      lost = what;
    });
    process.kill(helper.pid!, 'SIGKILL');
    await until(() => !alive(helper.pid!));
    await new Promise((done) => setTimeout(done, 700));
    expect(lost).toBeUndefined();
    process.kill(stub.pid!, 'SIGKILL');
    await until(() => lost !== undefined);
    expect(lost).toContain(`triton_python_backend_stub, ${stub.pid}`);
    abort.abort();
  },
  LIMIT_MS,
);
