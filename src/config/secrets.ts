import { redactor, replaceSecretParts, secretsOf } from '../ground/redact.ts';
import { isMapping, textOf } from './written.ts';

const HIDDEN = '[not shown]';
/** Keys below which every value is the user's own affair. */
const ENVIRONMENTS = new Set(['triton_server_environment', 'environment']);
/** Keys of headers, and of flags that say by which header the server may be used; tritonserver takes them cut short, too. */
const HEADERS = /^(?:--)?(?:http[-_]header|(?:http|grpc)[-_]res[\w-]*)$/;

/** Options as they were written, without the values that may be secrets: of headers and of environments. */
export function withoutSecrets(value: unknown, key = ''): unknown {
  if (HEADERS.test(key)) return hidden(value);
  if (ENVIRONMENTS.has(key)) return isMapping(value) ? hiddenValues(value) : hidden(value);
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item));
  if (typeof value === 'string') return replaceSecretParts(value, () => HIDDEN);
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutSecrets(item, name)]));
}

/** Where an address leads, without what may be a secret: the name and password before the host, and all behind it. */
export function addressWithoutSecrets(address: string): string {
  const { protocol, host, pathname, search } = new URL(address);
  return `${protocol}//${host}${pathname + search === '/' ? '' : `/${HIDDEN}`}`;
}

/** `--on-finish`, also cut short or with the address in the same word. */
const ADDRESS_FLAG = /^(--on[-_]f[\w-]*)(?:=|$)/;

/** A command line as it may be recorded: without secrets of the environment in it, and without addresses to post to. */
export function commandWithoutSecrets(command: readonly string[]): string[] {
  const redact = redactor(secretsOf(process.env));
  return command.map((word, index) => {
    if (ADDRESS_FLAG.exec(command[index - 1] ?? '')?.[0].endsWith('=') === false) return HIDDEN;
    const [beginning, flag] = ADDRESS_FLAG.exec(word) ?? [];
    return beginning?.endsWith('=') ? `${flag}=${HIDDEN}` : redact(word);
  });
}

/** perf_analyzer's arguments without the values of headers. */
export const argumentsWithoutSecrets = (flags: readonly string[]): string[] =>
  flags.map((flag, index) =>
    flags[index - 1] === '-H' ? hiddenText(flag) : replaceSecretParts(flag, () => HIDDEN),
  );

/** perf_analyzer's arguments with the values of headers replaced. */
export const argumentsWith = (
  flags: readonly string[],
  header: (name: string, value: string) => string,
): string[] =>
  flags.map((flag, index) => {
    if (flags[index - 1] !== '-H') return flag;
    const [, before = '', name = '', value = flag] = /^(([^:]+):\s*)(.*)$/s.exec(flag) ?? [];
    return `${before}${header(name, value)}`;
  });

/** What is secret in tritonserver's flags, by their names. */
export const secretsOfFlags = (
  flags: Readonly<Record<string, string | readonly string[]>>,
): Record<string, string>[] =>
  Object.entries(flags).flatMap(([flag, value]) => {
    const found: Record<string, string>[] = [];
    for (const text of [value].flat()) {
      // Without a value a restricted API names only itself, which is an ordinary word.
      if (HEADERS.test(flag) && !text.includes('=')) continue;
      flagWith(flag, text, (secret) => {
        found.push({ [flag]: secret });
        return secret;
      });
    }
    return found;
  });

/** The value of one of tritonserver's flags with what is secret in it replaced. */
export function flagWith(flag: string, text: string, replace: (secret: string) => string): string {
  if (!HEADERS.test(flag)) return replaceSecretParts(text, replace);
  // `APIS:HEADER=VALUE`; where that is not how it is written, all of it is hidden.
  const value = text.indexOf('=') + 1;
  return `${text.slice(0, value)}${replace(text.slice(value))}`;
}

/** A variable that is only passed on may be read. */
const hiddenValues = (value: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      /^\$(\w+|\{\w+\})$/.test(textOf(item) ?? '') ? item : HIDDEN,
    ]),
  );

const hidden = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(hidden) : hiddenText(textOf(value) ?? '');

/** `NAME:VALUE` or `NAME=VALUE` with its name only. */
const hiddenText = (text: string): string => {
  const [, name = ''] = /^([\w-]+[:=])/.exec(text) ?? [];
  return `${name}${HIDDEN}`;
};
