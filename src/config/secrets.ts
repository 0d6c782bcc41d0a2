import { isMapping, textOf } from './written.ts';

const HIDDEN = '[not shown]';
/** Keys below which every value is the user's own affair. */
const ENVIRONMENTS = new Set(['triton_server_environment', 'environment']);
/** Keys of headers, and of flags that say by which header the server may be used. */
const HEADERS = /^(?:--)?(?:http[-_]header|(?:http|grpc)[-_]restricted[-_](?:api|protocol))$/;

/** Options as they were written, without the values that may be secrets: of headers and of environments. */
export function withoutSecrets(value: unknown, key = ''): unknown {
  if (HEADERS.test(key)) return hidden(value);
  if (ENVIRONMENTS.has(key)) return isMapping(value) ? hiddenValues(value) : hidden(value);
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item));
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutSecrets(item, name)]));
}

/** perf_analyzer's arguments without the values of headers. */
export const argumentsWithoutSecrets = (flags: readonly string[]): string[] =>
  flags.map((flag, index) => (flags[index - 1] === '-H' ? hiddenText(flag) : flag));

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
