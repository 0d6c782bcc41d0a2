import type { GeneratorSettings } from '../config/experiment.ts';
import type { LoadGenerator } from './load-generator.ts';
import { nativeGenerator } from './native/native.ts';
import { findPerfAnalyzer } from './perf-analyzer/find.ts';
import { perfAnalyzerGenerator } from './perf-analyzer/perf-analyzer.ts';

/** The load generator that settings ask for. @throws UserError when its program is not on this machine. */
export async function generatorFor(settings: GeneratorSettings): Promise<LoadGenerator> {
  if (settings.kind === 'native') return nativeGenerator;
  const { timeoutS, cpuPercent, maxAdjusts } = settings;
  const path = await findPerfAnalyzer(settings.path);
  return perfAnalyzerGenerator({ path, timeoutS, cpuPercent, maxAdjusts });
}
