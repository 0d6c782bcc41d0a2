import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'puppeteer';
import { modelAnalyzer } from '../../bench/model-analyzer.ts';
import { installedPerfAnalyzer, installedTriton } from '../../src/install/cache.ts';

/**
 * Model Analyzer's page beside tma's, each of its own run of scripts/docs/side-by-side.yaml on this machine, and tma's page
 * of what Model Analyzer measured. The runs stay in tma-out/side-by-side; what is there is not run
 * again.
 */

const FILE = 'scripts/docs/side-by-side.yaml';
const FOLDER = 'tma-out/side-by-side';
const PAGE = 'reports/summaries/text_recognition/result_summary.html';
const WIDTH = 800;
const HEIGHT = 1080;

interface Run {
  readonly name: string;
  readonly folder: string;
  readonly command: readonly string[];
}

const TMA = 'src/cli/main.ts';

/** Where a run writes; both programs know these options. */
const into = (folder: string): string[] => [
  ...['--export-path', folder, '--checkpoint-directory', join(folder, 'checkpoints')],
  ...['--output-model-repository-path', join(folder, 'model_repository')],
];

function run({ name, folder, command: [program, ...args] }: Run): void {
  if (existsSync(join(folder, PAGE))) return;
  mkdirSync(folder, { recursive: true });
  const start = performance.now();
  const before = loadavg()[0]!.toFixed(1);
  const { stdout, stderr } = spawnSync(program!, args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  writeFileSync(join(folder, 'console.txt'), `${stdout}${stderr}`);
  if (!existsSync(join(folder, PAGE))) throw new Error(`${name} wrote no page:\n${stdout}${stderr}`);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  const after = loadavg()[0]!.toFixed(1);
  writeFileSync(
    join(folder, 'took.txt'),
    `${name}: ${seconds} s, with a load of the machine from ${before} to ${after}\n`,
  );
}

/** Writes tma's pages of what lies in a folder, as they are now. */
function report(of: string, to: string): void {
  const args = ['report', '-f', FILE, '-s', join(of, 'checkpoints'), '-e', to, '-o', 'html'];
  const { status, stderr } = spawnSync(process.execPath, [TMA, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`tma ${args.join(' ')} ended with ${status}:\n${stderr}`);
}

/**
 * Draws docs/side-by-side.png and docs/from-checkpoint.png; answers what it did, or why it could not.
 * @param more options of tma's run.
 */
export async function sideBySide(browser: Browser, more: readonly string[]): Promise<string> {
  const peer = modelAnalyzer();
  if (!existsSync(peer))
    return 'no Model Analyzer here (npm run bench:peer brings one, MODEL_ANALYZER names one): docs/side-by-side.png and docs/from-checkpoint.png stay as they are';
  const [theirs, ours, read] = ['model-analyzer', 'tma', 'checkpoint'].map((name) => join(FOLDER, name));
  const runs: readonly Run[] = [
    {
      name: 'Model Analyzer',
      folder: theirs!,
      command: [
        ...[peer, 'profile', '-f', FILE, ...into(theirs!), '--override-output-model-repository'],
        ...['--triton-launch-mode', 'local', '--triton-server-path', installedTriton()],
        ...['--perf-analyzer-path', installedPerfAnalyzer(), '--perf-analyzer-cpu-util', '600'],
      ],
    },
    {
      name: 'tma',
      folder: ours!,
      command: [process.execPath, TMA, 'profile', '-f', FILE, ...into(ours!), ...more],
    },
  ];
  for (const each of runs) run(each);
  report(ours!, ours!);
  report(theirs!, read!);
  await draw(browser, 'docs/side-by-side.png', [
    ['Model Analyzer 1.58', theirs!],
    ['tma', ours!],
  ]);
  await draw(browser, 'docs/from-checkpoint.png', [['tma report, of Model Analyzer’s checkpoint', read!]]);
  return runs.map(({ folder }) => readFileSync(join(folder, 'took.txt'), 'utf8')).join('');
}

/** The beginnings of pages beside each other, at the same width, each below its name. */
async function draw(
  browser: Browser,
  path: string,
  pages: readonly (readonly [name: string, folder: string])[],
): Promise<void> {
  const tab = await browser.newPage();
  await tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
  await tab.setViewport({ width: WIDTH, height: HEIGHT });
  const columns: string[] = [];
  for (const [name, folder] of pages) {
    await tab.goto(String(pathToFileURL(resolve(folder, PAGE))));
    const image = await tab.screenshot({ encoding: 'base64' });
    columns.push(
      `<figure><figcaption>${name}</figcaption><img src="data:image/png;base64,${image}"></figure>`,
    );
  }
  await tab.setViewport({ width: pages.length * (WIDTH + 24) + 24, height: HEIGHT + 80 });
  await tab.setContent(
    `<style>
      body { margin: 0 0 24px 24px; display: flex; background: #fff; font: 600 20px system-ui, sans-serif }
      figure { margin: 0 24px 0 0 } figcaption { padding: 14px 0 10px } img { display: block; border: 1px solid #999 }
    </style>${columns.join('')}`,
  );
  await tab.screenshot({ path, fullPage: true });
  await tab.close();
}
