import { secretsOfFlags } from '../config/secrets.ts';
import { redactor, secretsOf, secretsOfHeaders } from '../ground/redact.ts';
import { visible } from '../ground/wording.ts';
import { expandEnvironment } from '../server/arguments.ts';
import type { TrialSettings } from './trial-spec.ts';

type WithSecrets = Pick<TrialSettings, 'serverEnvironment' | 'serverFlags' | 'container' | 'load'>;

/**
 * Takes out of texts the values of a server's environment, of what it inherits from the shell, of headers, and what is
 * secret in its flags.
 */
export const redactorFor = ({
  serverEnvironment,
  serverFlags,
  container,
  load,
}: WithSecrets): ((text: string) => string) =>
  redactor(
    expandEnvironment(serverEnvironment),
    expandEnvironment(container.environment),
    secretsOf(process.env),
    ...secretsOfHeaders(load.headers),
    ...secretsOfFlags(serverFlags),
  );

/** What a server or a model says as it may be told: without secrets, and with nothing that acts on a terminal. */
export function tellableFor(settings: WithSecrets): (text: string) => string {
  const redact = redactorFor(settings);
  return (text) => visible(redact(text));
}
