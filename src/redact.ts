/** Values too short to be told from ordinary words, and too short to be a secret. */
const SHORTEST = 6;

/**
 * Takes the values of an environment out of texts that come from a server: what a user hands over to be used is
 * not to be read in a journal or a report.
 */
export function redactor(
  ...environments: readonly Readonly<Record<string, string>>[]
): (text: string) => string {
  const values = environments
    .flatMap((environment) => Object.entries(environment))
    .filter(([, value]) => value.length >= SHORTEST)
    .sort(([, a], [, b]) => b.length - a.length);
  return (text) =>
    values.reduce((result, [name, value]) => result.replaceAll(value, `[value of ${name}]`), text);
}
