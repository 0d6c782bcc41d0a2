import { MOST_CPU_MS, MOST_MB } from './limits.ts';
import type { Target } from './target.ts';

/** What became of one case. */
export interface Outcome {
  readonly kind: 'accepted' | 'refused' | 'wrong';
  /** wrong: equal for cases that have the same cause. */
  readonly signature?: string;
  readonly stack?: string;
  readonly cpuMs: number;
}

/** Tries one input: what is thrown, the time and the memory that it took. */
export async function tryCase(target: Target, input: Buffer): Promise<Outcome> {
  const before = process.threadCpuUsage();
  const hadRoom = peakMB() <= MOST_MB;
  let kind: Outcome['kind'] = 'accepted';
  let told: { signature: string; stack: string } | undefined;
  try {
    const result = target.run(input);
    if (result instanceof Promise) await result;
  } catch (error) {
    kind = target.isOurs(error) ? 'refused' : 'wrong';
    if (kind === 'wrong') told = describe(error);
  }
  const { user, system } = process.threadCpuUsage(before);
  const cpuMs = (user + system) / 1000;
  if (told) return { kind, cpuMs, ...told };
  if (cpuMs > MOST_CPU_MS) return wrong(`takes over ${MOST_CPU_MS / 1000} s`, cpuMs);
  if (hadRoom && peakMB() > MOST_MB) return wrong(`takes over ${MOST_MB} MB`, cpuMs);
  return { kind, cpuMs };
}

const wrong = (signature: string, cpuMs: number): Outcome => ({ kind: 'wrong', signature, cpuMs });

/** Most memory that this process ever had. */
export const peakMB = (): number => process.resourceUsage().maxRSS / 1000;

/** What was thrown, in words that are equal for equal causes, and where. */
export function describe(error: unknown): { signature: string; stack: string } {
  if (!(error instanceof Error)) return { signature: `thrown: ${typeof error}`, stack: String(error) };
  const stack = error.stack ?? '';
  const place = /(?:src|test)\/[\w/.-]+\.ts:\d+/.exec(stack)?.[0] ?? 'no place in src/';
  const message = error.message
    .replaceAll(/(["'`])(?:(?!\1).)*\1/gs, '$1…$1')
    .replaceAll(/\d+/g, 'N')
    .slice(0, 80);
  return { signature: `${error.name}: ${message} @ ${place}`, stack };
}
