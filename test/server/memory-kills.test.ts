import { describe, expect, test } from 'vitest';
import { parseKills, wasKilledForMemory } from '../../src/server/memory-kills.ts';

const LOG = `6,1201,99312345,-;python3 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
3,1202,99312399,-;Memory cgroup out of memory: Killed process 4711 (triton_python_b) total-vm:3221kB, anon-rss:1kB
6,1203,99319999,-;oom_reaper: reaped process 4711 (triton_python_b), now anon-rss:0kB
3,1204,99412399,-;Out of memory: Killed process 815 (someone) total-vm:32kB
4,1205,99512399,-;Out of memory: Kill process 12 (old kernel) score 900 or sacrifice child
`;

test("the kernel's log names who was killed for lack of memory", () => {
  expect(parseKills(LOG)).toEqual([4711, 815, 12]);
  expect(parseKills('Killed process 3 by a colleague')).toEqual([]);
});

describe('whose lack of memory it was', () => {
  const own = new Set([4711, 4712]);

  test("a neighbour's is not the server's, however it ended itself", () => {
    expect(wasKilledForMemory({ told: [815], counted: true, own, lost: false })).toBe(false);
    expect(wasKilledForMemory({ told: [815], counted: true, own, lost: true })).toBe(false);
    expect(wasKilledForMemory({ told: undefined, counted: true, own, lost: false })).toBe(false);
  });

  test("one of the server's is", () => {
    expect(wasKilledForMemory({ told: [815, 4711], counted: true, own, lost: false })).toBe(true);
    expect(wasKilledForMemory({ told: undefined, counted: true, own, lost: true })).toBe(true);
  });

  test('a kill that nobody counted was for another reason, such as an old one of the same number', () => {
    expect(wasKilledForMemory({ told: [4711], counted: false, own, lost: true })).toBe(false);
    expect(wasKilledForMemory({ told: undefined, counted: false, own, lost: true })).toBe(false);
  });
});
