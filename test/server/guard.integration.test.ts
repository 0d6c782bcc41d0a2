import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folder } from '../support/experiment.ts';
import { until } from '../support/until.ts';

const file = (path: string): string => JSON.stringify(join(import.meta.dirname, '../..', path));

/** Runs a module that kills itself in the end; answers what it printed, and its folder for temporary files. */
function killed(module: string): { printed: string; temporary: string } {
  const temporary = folder();
  try {
    execFileSync(process.execPath, ['--input-type=module', '-e', module], {
      env: { ...process.env, TMPDIR: temporary },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const { signal, stdout, stderr } = error as { signal: string; stdout: string; stderr: string };
    expect(signal, stderr).toBe('SIGKILL');
    return { printed: stdout.trim(), temporary };
  }
  throw new Error('it was not killed');
}
const KILL = `process.kill(process.pid, 'SIGKILL');`;

test('a folder for perf_analyzer goes with a tma that is killed before perf_analyzer was started', async () => {
  const { printed, temporary } = killed(`
    import { writeSync } from 'node:fs';
    import { makeRunFolder } from ${file('src/load/perf-analyzer/child.ts')};
    writeSync(1, makeRunFolder().path);
    ${KILL}`);
  expect(printed).toContain(join(temporary, 'tma-perf_analyzer-'));
  await until(() => !existsSync(printed));
});

test('the repository of a variant for triton_launch_mode c_api does, too, before and after its load', async () => {
  const { printed, temporary } = killed(`
    import { mkdirSync, writeFileSync, writeSync } from 'node:fs';
    import { CApiLauncher } from ${file('src/server/c-api.ts')};
    import { folder, launchRequest, launchSettings } from ${file('test/support/experiment.ts')};
    const installation = folder();
    mkdirSync(installation + '/lib');
    writeFileSync(installation + '/lib/libtritonserver.so', '');
    const launcher = new CApiLauncher(launchSettings({ mode: 'c_api', installPath: installation }));
    const launch = () => launcher.launch(launchRequest({ modelRepository: folder() }));
    const [first, second, third] = [await launch(), await launch(), await launch()];
    // One that has had its load, one that never had one, one that was stopped.
    second.inProcess.guard(2 ** 22 + 1)();
    await third.stop();
    writeSync(1, first.inProcess.modelRepository + '\\n' + second.inProcess.modelRepository);
    ${KILL}`);
  const repositories = printed.split('\n');
  expect(repositories).toHaveLength(2);
  for (const repository of repositories) expect(repository).toContain(join(temporary, 'tma-c_api-'));
  await until(() => !readdirSync(temporary).some((name) => name.startsWith('tma-c_api-')));
});
