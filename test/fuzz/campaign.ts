import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomOf } from '../support/random.ts';
import { MOST_CPU_MS, MOST_MB, MOST_WALL_MS } from './limits.ts';
import { progressFile, type Told, type Work } from './protocol.ts';
import { TARGETS } from './targets.ts';

/** Something that went wrong. */
export interface Finding {
  readonly signature: string;
  /** The first case that did, and how many did. */
  readonly number: number;
  readonly times: number;
  readonly stack: string;
  readonly input: Buffer;
}

/** What came of many cases of one kind. */
export interface Campaign {
  readonly kind: string;
  readonly seed: number;
  readonly cases: number;
  /** Taken as good, and refused with a reason. */
  readonly accepted: number;
  readonly refused: number;
  readonly findings: readonly Finding[];
  readonly slowestMs: number;
  readonly slowest: number;
  readonly peakMB: number;
  readonly seconds: number;
}

/** Many that kill their process are not all waited for. */
const MOST_DEATHS = 10;
const POLL_MS = 250;
const MARGIN = 2;

/** Tries `cases` inputs of a kind in processes of their own, one after the other, so that what one dies of is known. */
export async function campaign(kind: string, seed: number, cases: number): Promise<Campaign> {
  const folder = mkdtempSync(join(tmpdir(), 'tma-fuzz-'));
  const begun = performance.now();
  const findings = new Map<string, Finding>();
  const sum = { accepted: 0, refused: 0, slowestMs: 0, slowest: 0, peakMB: 0 };
  let deaths = 0;
  let next = 0;
  try {
    while (next < cases && deaths < MOST_DEATHS) {
      const ended = await runWorker({ kind, seed, from: next, to: cases, folder }, (told) => {
        if (told.kind === 'finding') add(findings, { ...told, input: Buffer.from(told.input, 'base64') });
        else {
          sum.accepted += told.accepted;
          sum.refused += told.refused;
          sum.peakMB = Math.max(sum.peakMB, told.peakMB);
          if (told.slowestMs > sum.slowestMs)
            Object.assign(sum, { slowestMs: told.slowestMs, slowest: told.slowest });
        }
      });
      next = ended.next;
      if (ended.died === undefined) continue;
      deaths++;
      const input = (await (await TARGETS[kind]!())(folder)).make(randomOf(seed, next - 1));
      add(findings, { signature: ended.died, number: next - 1, stack: '', input });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const seconds = (performance.now() - begun) / 1000;
  return { kind, seed, cases: next, ...sum, findings: [...findings.values()], seconds };
}

function add(findings: Map<string, Finding>, found: Omit<Finding, 'times'>): void {
  const before = findings.get(found.signature);
  findings.set(found.signature, before ? { ...before, times: before.times + 1 } : { ...found, times: 1 });
}

/** Runs cases until they are through or one of them ends the process. */
async function runWorker(work: Work, onTold: (told: Told) => void): Promise<{ next: number; died?: string }> {
  rmSync(progressFile(work.folder), { force: true });
  const child = fork(join(import.meta.dirname, 'worker.ts'), {
    execArgv: [`--max-old-space-size=${MOST_MB}`],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let words = '';
  child.stderr?.on('data', (piece: Buffer) => {
    words = (words + piece.toString('utf8')).slice(-2000);
  });
  let next: number | undefined;
  child.on('message', (told: Told) => {
    onTold(told);
    if (told.kind === 'done') next = told.next;
  });
  const exited = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, signal) => resolve(signal ? `ended by ${signal}` : `exit code ${code}`));
  });
  child.send(work);
  const killed = await watch(child, work.folder, exited);
  const end = await exited;
  if (next !== undefined) return { next };
  const { number, mark } = progressOf(work.folder);
  if (mark === '') throw new Error(`${work.kind}: no case was begun (${end}): ${words}`);
  return { next: number + 1, died: killed ?? `the process ends (${end}), for lack of memory perhaps` };
}

/** Kills a worker that is at one case for too long; answers why, if it had to. */
async function watch(
  child: ChildProcess,
  folder: string,
  exited: Promise<unknown>,
): Promise<string | undefined> {
  let over = false;
  void exited.then(() => {
    over = true;
  });
  let seen = { mark: '', cpuMs: 0, since: performance.now() };
  while (!over) {
    await Promise.race([exited, sleep(POLL_MS)]);
    const { mark } = progressOf(folder);
    const cpuMs = cpuOf(child.pid!);
    if (mark !== seen.mark || mark === '') seen = { mark, cpuMs, since: performance.now() };
    const busy = cpuMs - seen.cpuMs > MARGIN * MOST_CPU_MS;
    if (!busy && performance.now() - seen.since < MOST_WALL_MS) continue;
    child.kill('SIGKILL');
    return busy ? `takes over ${MOST_CPU_MS / 1000} s and was ended` : 'does not end';
  }
  return undefined;
}

function progressOf(folder: string): { number: number; mark: string } {
  try {
    const bytes = readFileSync(progressFile(folder));
    return bytes.length < 16
      ? { number: 0, mark: '' }
      : { number: bytes.readDoubleLE(0), mark: bytes.toString('hex') };
  } catch {
    return { number: 0, mark: '' };
  }
}

/** Processor time of a process so far, as the kernel counts it: in hundredths of a second. */
function cpuOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return 0;
  }
}
