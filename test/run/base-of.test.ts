import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { planRun } from '../../src/run/plan.ts';
import { experimentOf, folder } from '../support/experiment.ts';

test('a model in Python that Triton cannot start for its name or path is told before anything starts', async () => {
  const python = async (cwd: string, name: string, more = '') => {
    mkdirSync(join(cwd, name, '1'), { recursive: true });
    writeFileSync(join(cwd, name, '1', 'model.py'), '');
    writeFileSync(join(cwd, name, 'config.pbtxt'), 'backend: "python"\nmax_batch_size: 4\n');
    return await planRun(experimentOf(`profile_models: ["${name}"]\n${more}`, {}, cwd));
  };
  await expect(python(folder(), 'a<b')).rejects.toThrow(
    /Triton starts the Python code of model "a<b" by a shell, which reads "<" in \/\S+\/a<b as something else\n {2}rename the folder of the model/,
  );
  await expect(python(join(folder(), 'my models'), 'm')).rejects.toThrow(
    /which reads " " in .*\/my models\/m as something else\n {2}move the model repository/,
  );
  // Another backend reads its files itself; where a server elsewhere has its files is not known.
  expect(await planned('a<b')).toHaveLength(1);
  expect(await python(folder(), 'a*b')).toHaveLength(1);
});

const planned = async (name: string, more = '') => {
  const cwd = folder();
  mkdirSync(join(cwd, name, '1'), { recursive: true });
  writeFileSync(join(cwd, name, 'config.pbtxt'), 'backend: "python"\nmax_batch_size: 4\n');
  return await planRun(experimentOf(`profile_models: ["${name}"]\n${more}`, {}, cwd));
};

test('a shape that does not fit is told where perf_analyzer_flags stand', async () => {
  const cwd = folder();
  mkdirSync(join(cwd, 'm', '1'), { recursive: true });
  const input = 'input { name: "x" data_type: TYPE_FP32 dims: 4 }';
  writeFileSync(join(cwd, 'm', 'config.pbtxt'), `backend: "python"\n${input}\n`);
  const yaml = 'profile_models: m\n\nperf_analyzer_flags: {shape: "x:5"}';
  await expect(planRun(experimentOf(yaml, {}, cwd))).rejects.toThrow(
    'perf.yaml:3:1: shape: x:5 does not fit',
  );
});

test('a name that HTTP cannot carry is told before anything starts', async () => {
  await expect(planned('a b')).rejects.toThrow(
    `Triton's HTTP cannot carry the model name "a b" (blanks, %, ?, #, / and letters outside ASCII do not go into a URL as they are)\n  write client_protocol: grpc`,
  );
  expect(await planned('a b', 'client_protocol: grpc')).toHaveLength(1);
  expect(await planned('mistral:7b')).toHaveLength(1);
});
