import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { codeOf, userError } from '../ground/errors.ts';
import { onDisk } from '../ground/paths.ts';
import { counted, shown } from '../ground/wording.ts';
import { proposePerfYaml } from '../index.ts';
import type { Call } from './command-call.ts';
import { commandText } from './command-text.ts';
import type { Process } from './process.ts';

/** `tma init`: its options, and what it does with them. */
export function addInit(command: Command, { process }: Call): void {
  command
    .option('-m, --model-repository <DIR>', 'the model repository (default: the one in this folder)')
    .option('-f, --config-file <FILE>', 'the file to write, which must not be there yet', 'perf.yaml')
    .action(async ({ modelRepository, configFile }: { modelRepository?: string; configFile: string }) => {
      const here = process.cwd();
      const named = modelRepository === undefined ? undefined : resolve(here, modelRepository);
      const { text, repository, models, members } = await proposePerfYaml(here, named);
      writeNew(resolve(here, configFile), configFile, text);
      say(
        process,
        `wrote ${configFile}, for ${counted(models.length, 'model')} in ${repository}: ${models.join(', ')}`,
      );
      if (members.length > 0) say(process, membersText(members, configFile));
      say(
        process,
        `next: ${commandText(['tma', 'plan', '-f', configFile])} says what it does, ${commandText(['tma', 'profile', '-f', configFile])} does it`,
      );
    });
}

const say = (process: Process, text: string): void => void process.stdout.write(`${shown(text)}\n`);

const membersText = (members: readonly string[], file: string): string =>
  members.length === 1
    ? `${members[0]} is left commented out, as its ensemble is measured with it as it is: uncomment it in ${file} to try configurations of it`
    : `${members.join(', ')} are left commented out, as their ensemble is measured with them as they are: uncomment them in ${file} to try configurations of each`;

/** @throws UserError where something is there already, or nothing can be written. */
function writeNew(path: string, typed: string, text: string): void {
  onDisk(`cannot write ${typed}`, 'name another with -f FILE', () => {
    try {
      // Nobody's file is written over, not even one that is made this moment.
      writeFileSync(path, text, { flag: 'wx' });
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      throw userError(`${typed} is there already, and is left as it is`, 'name another with -f FILE');
    }
  });
}
