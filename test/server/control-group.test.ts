import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { type Roots, usageOfGroup } from '../../src/server/control-group.ts';
import { folder } from '../support/experiment.ts';

function roots(cgroup: string, files: Readonly<Record<string, string>>): Roots {
  const root = folder();
  const all = { 'proc/42/cgroup': cgroup, ...files };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), `${text}\n`);
  }
  return { processes: join(root, 'proc'), groups: join(root, 'groups') };
}

test('version 2 of the groups: one folder for all, no limit is `max`', () => {
  const path = 'groups/system.slice/docker-abc.scope';
  const files = {
    [`${path}/memory.current`]: '500000000',
    [`${path}/memory.max`]: 'max',
    [`${path}/memory.stat`]: 'anon 1\ninactive_file 100000000\nactive_file 5',
    [`${path}/cpu.stat`]: 'usage_usec 2500000\nuser_usec 1',
  };
  const at = roots('0::/system.slice/docker-abc.scope', files);
  expect(usageOfGroup(42, 'abc', at)).toEqual({ usedBytes: 400e6, limitBytes: undefined, cpuS: 2.5 });
  // The number of the process is another's by now.
  expect(usageOfGroup(42, 'xyz', at)).toBeUndefined();
});

test('version 1: a folder for each controller, the largest number is no limit', () => {
  const files = {
    'groups/memory/docker/abc/memory.usage_in_bytes': '500000000',
    'groups/memory/docker/abc/memory.limit_in_bytes': '1000000000',
    'groups/memory/docker/abc/memory.stat': 'inactive_file 1\ntotal_inactive_file 100000000',
    'groups/cpu,cpuacct/docker/abc/cpuacct.usage': '2500000000',
  };
  const cgroup = '5:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n0::/';
  const used = { usedBytes: 400e6, limitBytes: 1e9, cpuS: 2.5 };
  expect(usageOfGroup(42, 'abc', roots(cgroup, files))).toEqual(used);
  const unlimited = { ...files, 'groups/memory/docker/abc/memory.limit_in_bytes': '9223372036854771712' };
  expect(usageOfGroup(42, 'abc', roots(cgroup, unlimited))).toEqual({ ...used, limitBytes: undefined });
});

test('where a file is missing nothing is told', () => {
  expect(usageOfGroup(42, 'abc', roots('0::/abc', { 'groups/abc/memory.current': '5' }))).toBeUndefined();
  expect(usageOfGroup(43, 'abc', roots('0::/abc', {}))).toBeUndefined();
});
