/**
 * What a configuration's row is called within a page, so that figures, findings and other pages can link to it: its name,
 * with what an id or the end of an address can't hold written as its code.
 * @example `m_config_3` stays as it is; `a b` becomes `a~20b`
 */
export const anchorOf = (name: string): string =>
  name.replace(/[^\w.-]/gu, (character) => `~${character.codePointAt(0)!.toString(16)}`);
