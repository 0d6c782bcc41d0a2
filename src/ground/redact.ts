/** Shorter values are told from ordinary words only where they stand alone. */
export const LONG = 6;
export const SHORTEST = 3;
/** Short values that are no secret, whatever they are called; and numbers, unless they are called one. */
const ORDINARY = /^(true|false|yes|no|on|off|none|null|auto|info|debug|warn|error)$/i;
const NUMBERS = /^[\d.,:]+$/;

/** Names of variables whose values nobody is to read. `PWD` is a folder. */
const SECRET_NAME =
  /token|secret|passw|passphrase|credential|auth(?!ors?(_|$))|api_?key|private|cookie|signature|bearer|webhook|(^|_)(key|keys|pass|pwd|pin|pat|sas|dsn|jwt|cert)(_|\d|$)|[a-z]key$/i;
const NO_SECRET = /^(OLD)?PWD$/;

/** Whether what a variable, a header or a setting of that name holds is to be read by nobody. */
export const soundsSecret = (name: string): boolean => {
  const underscored = name.replaceAll('-', '_');
  return SECRET_NAME.test(underscored) && !NO_SECRET.test(underscored);
};
/** `postgres://user:password@host` */
const WITH_PASSWORD = /^[a-z][\w+.-]*:\/\/[^/?#\s]*:([^/?#@\s]+)@/i;

type Environment = Readonly<Record<string, string | undefined>>;

/** Of an environment, such as the one that a server inherits from the shell, what looks like a secret. */
export const secretsOf = (environment: Environment): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value !== undefined && (soundsSecret(name) || WITH_PASSWORD.test(value)) ? [[name, value]] : [],
    ),
  );

const SETTING = /(?<![\w.-])([\w.-]+)=([^,;&\s'"]+)/g;
const PASSWORD_WITHIN = /(?<![\w+.-])([a-z][\w+.-]*:\/\/[^/?#\s:@]*:)([^/?#@\s]+)(?=@)/gi;

/** A text with what is secret in it replaced: `password=VALUE`, and the password of an address. */
export const replaceSecretParts = (text: string, replace: (secret: string) => string): string =>
  text
    .replace(SETTING, (match, name: string, value: string) =>
      soundsSecret(name) && !isOrdinary(value, name) ? `${name}=${replace(value)}` : match,
    )
    .replace(PASSWORD_WITHIN, (_match, before: string, secret: string) => `${before}${replace(secret)}`);

/** The values of request headers, and each word of them: what follows `Bearer` is the secret. */
export const secretsOfHeaders = (
  headers: readonly (readonly [name: string, value: string])[],
): Record<string, string>[] =>
  headers.flatMap(([name, value]) =>
    [value, ...value.split(/\s+/)].filter((text) => text.length >= LONG).map((text) => ({ [name]: text })),
  );

/**
 * Takes the values of an environment out of texts that come from a server: what a user hands over to be used is
 * not to be read in a journal or a report. Values are known in other letters, too, and as base64, hex, in URLs and
 * in JSON; short ones only where they stand alone.
 */
export function redactor(...environments: readonly Environment[]): (text: string) => string {
  const names = new Map<string, string>();
  const patterns = new Map<string, string>();
  const add = (text: string, pattern: string, name: string): void => {
    if (names.has(text.toLowerCase())) return;
    names.set(text.toLowerCase(), name);
    patterns.set(text, pattern);
  };
  for (const [name, value = ''] of environments.flatMap((item) => Object.entries(item))) {
    for (const secret of secretsIn(value)) {
      if (secret.length >= LONG) {
        for (const form of formsOf(secret)) add(form, asPattern(form), name);
      } else if (secret.length >= SHORTEST && !isOrdinary(secret, name)) {
        add(secret, `(?<![\\p{L}\\p{N}])${asPattern(secret)}(?![\\p{L}\\p{N}])`, name);
      }
    }
  }
  if (patterns.size === 0) return (text) => text;
  // The longest first: one value may be a part of another.
  const all = [...patterns].sort(([a], [b]) => b.length - a.length).map(([, pattern]) => pattern);
  const expression = new RegExp(all.join('|'), 'giu');
  return (text) =>
    text.replace(expression, (found) => `[value of ${names.get(found.toLowerCase()) ?? 'a secret'}]`);
}

/** Whether what is called so may be read: a word that is no secret, or a number or a few letters unless they are called one. */
export const isOrdinary = (value: string, name: string): boolean =>
  value === '' ||
  ORDINARY.test(value) ||
  ((NUMBERS.test(value) || value.length < SHORTEST) && !soundsSecret(name));

/** A value, its lines where it has several, and the password of an address. */
function secretsIn(value: string): string[] {
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  const password = WITH_PASSWORD.exec(value)?.[1];
  return [
    value,
    ...(lines.length > 1 ? lines.filter((line) => line.length >= LONG && !line.startsWith('-----')) : []),
    ...(password === undefined ? [] : [password]),
  ];
}

/** How a value may be written elsewhere. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const url = encodeURIComponent(value);
  const forms = [
    url,
    url.replaceAll('%20', '+'),
    ...[value, escapedInJson(value), escapedInPython(value)].flatMap((text) => [text, escapedInJson(text)]),
    bytes.toString('hex'),
    ...[0, 1, 2].flatMap((before) => base64Within(bytes, before)),
  ];
  return forms.filter((form) => form.length >= LONG);
}

const escapedInJson = (text: string): string => JSON.stringify(text).slice(1, -1);

/** As `repr` writes it between single quotes. */
const escapedInPython = (text: string): string => text.replace(/[\\']/g, '\\$&');

/** What base64 of something longer shows for certain of bytes that so many others stand before (modulo 3). */
function base64Within(bytes: Buffer, before: number): string[] {
  const whole = Buffer.concat([Buffer.alloc(before), bytes]);
  const from = Math.ceil((before * 8) / 6);
  const to = Math.floor((whole.length * 8) / 6);
  return (['base64', 'base64url'] as const).map((encoding) => whole.toString(encoding).slice(from, to));
}

/** A text as a regular expression that finds it. */
export const asPattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
