import type { Command } from 'commander';
import { installChromium, installPerfAnalyzer, installTriton } from '../index.ts';
import type { Call } from './command-call.ts';

/** `tma install`: a command for each program. */
export function addInstall(command: Command, { process }: Call): void {
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  command
    .command('triton')
    .description('a real tritonserver from PyPI, running the models of the local Python')
    .option('--python <FILE>', 'the Python of the models (default: python3)')
    .option('-r, --requirements <FILES...>', 'requirement files of packages that models need')
    .action(async (options: { readonly python?: string; readonly requirements?: readonly string[] }) =>
      say(await installTriton({ ...options, onProgress: say })),
    );
  command
    .command('chromium')
    .description('a headless Chromium for PDF reports')
    .action(async () => say(await installChromium({ onProgress: say })));
  command
    .command('perf-analyzer')
    .description('the real perf_analyzer, for --load-generator perf_analyzer')
    .action(async () => say(await installPerfAnalyzer({ onProgress: say })));
}
