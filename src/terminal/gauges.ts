import { cpus, freemem, totalmem } from 'node:os';

const LEVELS = '▁▂▃▄▅▆▇█';

/** The course of a figure in so many columns, lowest to highest; a longer one is cut at its beginning. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width);
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  const levelOf = (value: number): string => {
    const share = high > low ? (value - low) / (high - low) : 0.5;
    return LEVELS[Math.round(share * (LEVELS.length - 1))]!;
  };
  return shown.map(levelOf).join('');
}

/** A share from 0 to 1 as a bar of so many columns. */
export function bar(share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}

/** What this machine is used, as shares from 0 to 1. */
export interface Usage {
  /** Of all cores, since the look before; undefined at the first. */
  readonly cpu: number | undefined;
  /** Bytes. */
  readonly memory: { readonly used: number; readonly all: number };
}

/** Looks at this machine; each look says what its cores did since the one before. */
export function usageReader(): () => Usage {
  let before: { busy: number; all: number } | undefined;
  return () => {
    const times = cpus().map(({ times: { user, nice, sys, idle, irq } }) => ({
      idle,
      all: user + nice + sys + idle + irq,
    }));
    const all = times.reduce((sum, core) => sum + core.all, 0);
    const busy = all - times.reduce((sum, core) => sum + core.idle, 0);
    const spanned = before && all > before.all ? (busy - before.busy) / (all - before.all) : undefined;
    before = { busy, all };
    return { cpu: spanned, memory: { used: totalmem() - freemem(), all: totalmem() } };
  };
}
