/** A reviver that is told how a number was written; TypeScript's library does not know of it yet. */
type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

/**
 * JSON whose integers stay what they are: one that a number can't hold exactly (beyond 2^53) becomes what `large` makes
 * of its digits. Everything else is as JSON.parse has it.
 * @throws SyntaxError where it is no JSON.
 */
export function parseExactJson(text: string, large: (digits: string) => unknown = BigInt): unknown {
  // Being told of every value takes its time: only where there is a number so long.
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  const revive: Reviver = (_key, value, context) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
      ? large(context!.source!)
      : value;
  return JSON.parse(text, revive);
}
