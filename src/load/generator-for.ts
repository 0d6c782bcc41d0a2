import { appendFileSync } from 'node:fs';
import type { GeneratorSettings } from '../config/experiment.ts';
import { messageOf, userError } from '../ground/errors.ts';
import type { LoadGenerator } from './load-generator.ts';

/**
 * The load generator that settings ask for; only that one is loaded.
 * @throws UserError when its program is not on this machine.
 */
export async function generatorFor(settings: GeneratorSettings): Promise<LoadGenerator> {
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
    ...(output && { onOutput: outputTo(output.file) }),
  });
}

/** Appends to a file, or writes to the standard output. @throws UserError when the file can't be written. */
function outputTo(file: string | undefined): (text: string) => void {
  if (file === undefined) return (text) => void process.stdout.write(text);
  const append = (text: string): void => {
    try {
      appendFileSync(file, text);
    } catch (error) {
      throw userError(`perf_output_path: cannot write ${file}: ${messageOf(error)}`, 'name another file');
    }
  };
  append('');
  return append;
}
