import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { fetchNode, lowestVersion } from '../../scripts/lowest-node.ts';
import { expectThrough, project, results, tmaOn } from './tma.ts';

const version = lowestVersion();
let node: string | undefined;
try {
  node = fetchNode(version);
} catch (error) {
  console.warn(`SKIPPED: tma on Node ${version}, which could not be fetched: ${error}`);
}

test.skipIf(!node)(
  `on Node ${version}, the lowest that package.json names, tma profiles and reports`,
  async () => {
    const printed = spawnSync(node!, ['--version'], { encoding: 'utf8' }).stdout;
    expect(printed.trim()).toBe(`v${version}`);
    const cwd = project('add_sub', 'output_formats: [html, csv]');
    const profiled = await tmaOn(node!, cwd, 'profile', '-f', 'perf.yaml');
    expect(profiled.output).toContain('infer/s');
    expectThrough(profiled);
    expect(results(cwd).environment.node).toBe(`v${version}`);
    const reported = await tmaOn(node!, cwd, 'report', '-o', 'html,csv');
    expect(reported.output).toContain('result_summary.html');
    expect(reported.code).toBe(0);
  },
);
