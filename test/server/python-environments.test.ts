import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  type BackendUser,
  removeEnvironments,
  watchEnvironments,
} from '../../src/server/python-environments.ts';
import { folder } from '../support/experiment.ts';

const place = folder();
const appear = (name: string): string => {
  const path = join(place, name);
  mkdirSync(path);
  writeFileSync(join(path, 'unpacked'), '');
  return path;
};
/** Somebody else's server that has the backend loaded. */
const other = (id: string, startMs = 0): BackendUser => ({ id, startMs });
const longAgo = (): number => Date.now() - 3_600_000;

test('beside a server that had its folder already, too', () => {
  const running = other('7.1', longAgo());
  const watch = watchEnvironments([running]);
  const own = appear('python_env_AAAAA2');
  // One that began after the folder was there can't have made it either.
  removeEnvironments(watch, place, () => [running, other('9.3', Date.now() + 5000)]);
  expect(existsSync(own)).toBe(false);
});

test('what may be that of a living server is left until that has ended', () => {
  const watch = watchEnvironments([]);
  const doubtful = appear('python_env_AAAAA3');
  const stranger = other('8.2', longAgo());
  removeEnvironments(watch, place, () => [stranger]);
  expect(existsSync(doubtful)).toBe(true);
  removeEnvironments({ sinceMs: Date.now() + 60_000, others: [] }, place, () => []);
  expect(existsSync(doubtful)).toBe(false);
});
