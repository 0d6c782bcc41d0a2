import { closeSync, mkdtempSync, openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { codeOf, environmentError, messageOf } from '../ground/errors.ts';
import type { TrialSpec } from './trial-spec.ts';

/**
 * A spec whose trial logs beside the spec's file: `NAME.trial.log`, `NAME.trial.2.log` and so on, whichever is not there.
 * So the log of the trial that is repeated, which a report may name, stays as it was. Where nothing can be written
 * beside the file, the log lies in a temporary folder. A log that several trials share stays the one that it is.
 * @throws UserError when no file can be made.
 */
export function withLogBeside(spec: TrialSpec, specFile: string): TrialSpec {
  if (!spec.ownLog || spec.settings.launch.mode === 'remote') return spec;
  const name = basename(specFile, extname(specFile));
  const logFile = newLog(dirname(specFile), name) ?? newLog(temporaryFolder(), spec.variant);
  if (logFile === undefined)
    throw environmentError(`no log can be written beside ${specFile}, nor in a temporary folder`);
  // It is new: nothing in it is to be removed.
  return { ...spec, logFile, ownLog: false };
}

/** Makes an empty file that was not there; undefined where that can't be done. */
function newLog(folder: string, name: string): string | undefined {
  for (let number = 1; ; number++) {
    const path = join(folder, `${name}.trial${number === 1 ? '' : `.${number}`}.log`);
    try {
      closeSync(openSync(path, 'wx', 0o600));
      return path;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') return undefined;
    }
  }
}

function temporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'tma-trial-'));
  } catch (error) {
    throw environmentError(`cannot make a folder for the server's log: ${messageOf(error)}`);
  }
}
