import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadExperiment } from '../src/config/load-experiment.ts';

const FOLDER = 'examples/nightly';
const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');
const yaml = (name: string) => parse(read(name));

/** Files of the repository that a command line names. */
const filesIn = (script: string): string[] => script.match(/\bexamples\/[\w./-]+/g) ?? [];

/** Five fields of numbers, lists, ranges, steps or stars. */
const CRON = /^([\d*,/-]+ ){4}[\d*,/-]+$/;

test('the perf.yaml is one', () => {
  const { models } = loadExperiment({ file: join(FOLDER, 'perf.yaml'), commandLine: {}, cwd: FOLDER });
  expect(models.map(({ name }) => name)).toEqual(['text_recognition']);
});

describe('the workflow of GitHub Actions', () => {
  const workflow = yaml('github-workflow.yml');

  test('has the keys that a workflow and a job have', () => {
    expect(Object.keys(workflow)).toEqual(['name', 'on', 'permissions', 'concurrency', 'jobs']);
    expect(Object.keys(workflow.on)).toEqual(['schedule', 'workflow_dispatch']);
    for (const { cron } of workflow.on.schedule) expect(cron).toMatch(CRON);
    expect(workflow.concurrency).toEqual({ group: 'tma-nightly', 'cancel-in-progress': false });
    for (const job of Object.values<object>(workflow.jobs))
      expect(Object.keys(job)).toEqual(['runs-on', 'timeout-minutes', 'steps']);
  });

  test('each step runs or uses something; what it runs is there', () => {
    for (const step of workflow.jobs.nightly.steps) {
      expect([step.run, step.uses].filter(Boolean)).toHaveLength(1);
      if (step.uses) expect(step.uses).toMatch(/^[\w-]+\/[\w-]+@v\d+$/);
      for (const file of filesIn(step.run ?? '')) expect(existsSync(file), file).toBe(true);
    }
  });

  test('pages are kept also of a night that is worse', () => {
    const [upload] = workflow.jobs.nightly.steps.slice(-1);
    expect(upload.if).toMatch(/^\$\{\{ !cancelled\(\) \}\}$/);
    expect(workflow.jobs.nightly.steps.map(({ id }: { id?: string }) => id)).toContain('night');
    expect(upload.with.path).toMatch(/^\$\{\{ steps\.night\.outputs\.folder \}\}$/);
  });
});

test("GitLab's job: on a schedule, one at a time, with its pages", () => {
  const { nightly, ...others } = yaml('gitlab-ci.yml');
  expect(others).toEqual({});
  expect(nightly.rules).toEqual([{ if: '$CI_PIPELINE_SOURCE == "schedule"' }]);
  expect(nightly).toMatchObject({
    resource_group: 'tma-nightly',
    artifacts: { when: 'always', paths: ['night'] },
  });
  for (const line of [...nightly.script, ...nightly.after_script]) {
    expect(line).toEqual(expect.any(String));
    for (const file of filesIn(line)) expect(existsSync(file), file).toBe(true);
  }
});

test("systemd's units: sections, and keys with values", () => {
  const sections = (name: string) =>
    Object.fromEntries(
      read(name)
        .split(/^(?=\[)/m)
        .filter((text) => text.startsWith('['))
        .map((text) => {
          const [header, ...lines] = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
          const entries = lines.map((line) => /^([A-Z][A-Za-z]+)=(.+)$/.exec(line)!.slice(1, 3));
          return [/^\[(\w+)\]$/.exec(header!)![1]!, Object.fromEntries(entries)];
        }),
    );
  const service = sections('tma-nightly.service');
  expect(Object.keys(service)).toEqual(['Unit', 'Service']);
  expect(service['Service']).toMatchObject({ Type: 'oneshot', WorkingDirectory: '/opt/tma' });
  const [shell, ...words] = service['Service']!['ExecStart']!.split(' ');
  expect(shell).toBe('/bin/sh');
  for (const file of words.slice(0, 2)) expect(existsSync(file), file).toBe(true);
  const timer = sections('tma-nightly.timer');
  expect(Object.keys(timer)).toEqual(['Unit', 'Timer', 'Install']);
  expect(timer['Timer']!['OnCalendar']).toMatch(/^\*-\*-\* \d\d:\d\d:\d\d$/);
  expect(timer['Install']).toEqual({ WantedBy: 'timers.target' });
});

test('the README names every file, and the line for cron', () => {
  const page = read('README.md');
  for (const file of [
    'perf.yaml',
    'nightly.sh',
    'github-workflow.yml',
    'gitlab-ci.yml',
    'tma-nightly.service',
    'tma-nightly.timer',
  ])
    expect(page).toContain(`\`${file}\``);
  const [cron] = page.split('\n').filter((line) => / sh .*nightly\.sh/.test(line) && /^\d/.test(line));
  expect(cron!.split(' ').slice(0, 5).join(' ')).toMatch(CRON);
});
