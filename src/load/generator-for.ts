import { appendFileSync } from 'node:fs';
import type { GeneratorSettings } from '../config/experiment.ts';
import { reasonOf, UserError } from '../ground/errors.ts';
import { diskFault } from '../ground/paths.ts';
import type { LoadGenerator } from './load-generator.ts';

/** Takes what a program prints. */
export type OnOutput = (text: string) => void;

/**
 * The load generator that settings ask for; only that one is loaded.
 * @param onOutput takes what perf_analyzer prints where that is to be told and no file is named for it.
 * @throws UserError when its program is not on this machine.
 */
export async function generatorFor(
  settings: GeneratorSettings,
  onOutput: OnOutput = (text) => void process.stdout.write(text),
): Promise<LoadGenerator> {
  if (settings.kind === 'native') return (await import('./native/native.ts')).nativeGenerator;
  const { timeoutS, cpuPercent, maxAdjusts, output } = settings;
  const [{ findPerfAnalyzer }, { perfAnalyzerGenerator }] = await Promise.all([
    import('./perf-analyzer/find.ts'),
    import('./perf-analyzer/perf-analyzer.ts'),
  ]);
  const { path, version } = await findPerfAnalyzer(settings.path);
  return perfAnalyzerGenerator({
    path,
    version,
    timeoutS,
    cpuPercent,
    maxAdjusts,
    ...(output && { onOutput: output.file === undefined ? onOutput : appenderTo(output.file) }),
  });
}

/** Appends to a file. @throws UserError when it can't be written. */
function appenderTo(file: string): OnOutput {
  const append = (text: string): void => {
    try {
      appendFileSync(file, text);
    } catch (error) {
      throw new UserError({
        message: `perf_output_path: cannot write ${file}: ${reasonOf(error)}`,
        hint: 'name another file',
        fault: diskFault(error, 'write'),
      });
    }
  };
  append('');
  return append;
}
