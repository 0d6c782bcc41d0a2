import { createHash } from 'node:crypto';

/** KServe makes longer names of it (`NAME-predictor-00001-deployment`), and a label of DNS has 63 letters. */
const LONGEST = 40;

/**
 * Names of Kubernetes for models, one each: labels of RFC 1123 that begin with a letter, as KServe wants them
 * (`[a-z]([-a-z0-9]*[a-z0-9])?`). Capitals are written small; `_`, `.`, blanks and commas become `-`. Where more than that is
 * lost of a name, or two would have the same, a hash of the model's name is behind it.
 */
export function kubernetesNames(models: readonly string[]): ReadonlyMap<string, string> {
  const plain = models.map((model) => ({ model, ...plainName(model) }));
  const shares = (name: string): boolean => plain.filter((other) => other.name === name).length > 1;
  return new Map(
    plain.map(({ model, name, isWhole }) => [model, isWhole && !shares(name) ? name : withHash(name, model)]),
  );
}

/** A name as like the model's as can be, and whether nothing but case and separators is lost. */
function plainName(model: string): { name: string; isWhole: boolean } {
  const letters = model.toLowerCase().replace(/[_.,\s-]+/g, '-');
  const known = letters.replace(/[^a-z0-9-]+/g, '');
  const begun = /^[a-z]/.test(known) ? known : `model-${known}`;
  const name = trimmed(begun.replace(/-{2,}/g, '-'));
  return { name, isWhole: known === letters && name.length <= LONGEST && known !== '' && known !== '-' };
}

const withHash = (name: string, model: string): string => {
  const hash = createHash('sha256').update(model).digest('hex').slice(0, 8);
  return `${trimmed(name.slice(0, LONGEST - hash.length - 1))}-${hash}`;
};

const trimmed = (name: string): string => name.replace(/^-+|-+$/g, '');
