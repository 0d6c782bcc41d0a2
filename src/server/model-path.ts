/**
 * Triton's HTTP server takes the path as it comes: it decodes no percent signs. So a name goes in as it is, and one that
 * the path of a URL can't hold (a blank, `%`, `?`, `#`, anything outside ASCII) does not go in at all.
 */
export const isHttpName = (model: string): boolean => /^[\x21-\x7e]+$/.test(model) && !/[%?#/]/.test(model);

/** Why a model can't be reached by HTTP, and what can be done about it. */
export const whyNotByHttp = (model: string): string =>
  `Triton's HTTP cannot carry the model name "${model}" (blanks, %, ?, #, / and letters outside ASCII do not go into a URL as they are)`;

/** The path that everything about a model starts with; see `isHttpName`. */
export const modelPath = (model: string, version?: string): string =>
  `/v2/models/${model}${version ? `/versions/${version}` : ''}`;
