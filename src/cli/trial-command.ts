import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { visible } from '../ground/wording.ts';
import { readSpec } from '../trial/spec-file.ts';
import { toolsFor } from '../trial/tools.ts';
import { runTrial } from '../trial/trial-lines.ts';
import { watchInterruption } from './interruption.ts';
import { EXIT, type Process } from './process.ts';

/** `tma trial`: serves what a spec says and measures it, in lines of JSON; answers the exit code. */
export async function trialCommand(process: Process, file: string): Promise<number> {
  const spec = readSpec(resolve(process.cwd(), file), process.env);
  using interruption = watchInterruption(process, () => {});
  interruption.nothingToFinish();
  const { stop, abandon } = interruption;
  const tools = await toolsFor(spec);
  const note = (text: string): void => void process.stderr.write(`${visible(text)}\n`);
  try {
    const [model] = spec.models;
    const { container } = spec.settings;
    await tools.launcher.prepare({ model: model.name, container, onNote: note, signal: stop });
    const lines = createInterface({ input: process.stdin });
    stop.addEventListener('abort', () => lines.close());
    const account = await runTrial(
      spec,
      tools,
      lines,
      (line) => void process.stdout.write(`${JSON.stringify(line)}\n`),
      stop,
    );
    lines.close();
    return account.failed > 0 || account.measured === 0 ? EXIT.nothing : EXIT.done;
  } catch (error) {
    if (!stop.aborted) throw error;
    return EXIT.interrupted;
  } finally {
    tools.monitor?.close();
    await tools.launcher.close({ signal: abandon, onNote: note });
  }
}
