import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { removeEnvironments, watchEnvironments } from '../../src/server/python-environments.ts';
import { folder } from '../support/experiment.ts';

const place = folder();
const appear = (name: string): string => {
  const path = join(place, name);
  mkdirSync(path);
  return path;
};

test("a server's folder goes with it; what stood there before, and other names, stay", async () => {
  const before = appear('python_env_before');
  const old = appear('python_env_AAAAA0');
  // When a folder was made is known by the clock, and the clocks of file systems are coarse.
  await sleep(200);
  const watch = watchEnvironments([]);
  const [own, mine] = [appear('python_env_AAAAA1'), appear('python_env_of_mine')];
  removeEnvironments(watch, place, () => []);
  expect([before, old, own, mine].map(existsSync)).toEqual([true, true, false, true]);
});
