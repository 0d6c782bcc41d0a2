import { installChromium } from '../install/install-chromium.ts';
import { installPerfAnalyzer } from '../install/install-perf-analyzer.ts';
import { installTriton } from '../install/install-triton.ts';
import { EXIT, type Process } from './process.ts';

/** `tma install triton`. */
export async function installTritonCommand(
  process: Process,
  options: { readonly python?: string; readonly requirements?: readonly string[] },
): Promise<number> {
  const onProgress = (text: string): void => void process.stdout.write(`${text}\n`);
  process.stdout.write(`${await installTriton({ ...options, onProgress })}\n`);
  return EXIT.done;
}

/** `tma install perf-analyzer`. */
export async function installPerfAnalyzerCommand(process: Process): Promise<number> {
  const onProgress = (text: string): void => void process.stdout.write(`${text}\n`);
  process.stdout.write(`${await installPerfAnalyzer({ onProgress })}\n`);
  return EXIT.done;
}

/** `tma install chromium`. */
export async function installChromiumCommand(process: Process): Promise<number> {
  const onProgress = (text: string): void => void process.stdout.write(`${text}\n`);
  process.stdout.write(`${await installChromium({ onProgress })}\n`);
  return EXIT.done;
}
