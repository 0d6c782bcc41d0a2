import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { environmentScript } from '../../src/server/installation.ts';
import { pythonPackages } from '../../src/server/python-packages.ts';
import { folder } from '../support/experiment.ts';

/** A tritonserver with a script that gives its models' Python a folder of packages. */
function installed(packages: string): string {
  const root = folder();
  for (const name of ['bin', 'c_api']) mkdirSync(join(root, name));
  const [program, script] = [join(root, 'bin', 'tritonserver'), join(root, 'c_api', 'environment')];
  writeFileSync(program, '');
  writeFileSync(script, `#!/bin/sh\nPYTHONPATH=${packages} exec "$@"\n`);
  chmodSync(script, 0o755);
  return program;
}
const put = (packages: string, name: string, version: string): string => {
  const place = join(packages, `${name}-${version}.dist-info`);
  mkdirSync(place);
  writeFileSync(join(place, 'METADATA'), `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`);
  return place;
};

test('another version of a package that models find, and one more, is another hash', async () => {
  const packages = folder();
  const found = () => pythonPackages(environmentScript(installed(packages)));
  const none = await found();
  expect(none).toMatch(/^[0-9a-f]{16}$/);
  const old = put(packages, 'tma_some_package', '1.0');
  const first = await found();
  expect(await found()).toBe(first);
  rmSync(old, { recursive: true });
  put(packages, 'tma_some_package', '1.1');
  expect(new Set([none, first, await found()])).toHaveLength(3);
});

test('a server that was not installed by tma has the Python of the shell; without any there is no hash', async () => {
  const program = join(folder(), 'tritonserver');
  writeFileSync(program, '');
  expect(environmentScript(program)).toBeUndefined();
  expect(await pythonPackages(undefined)).toMatch(/^[0-9a-f]{16}$/);
  expect(await pythonPackages('/nowhere/environment')).toBeUndefined();
});
