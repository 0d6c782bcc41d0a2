import { visible } from '../ground/wording.ts';

/** An element of an XML document; a text among its children is written as it is, what XML gives a meaning escaped. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly children: readonly (XmlElement | string)[];
}

export const element = (
  name: string,
  attributes: XmlElement['attributes'] = {},
  children: XmlElement['children'] = [],
): XmlElement => ({ name, attributes, children });

/** An XML 1.0 document in UTF-8. */
export const xmlDocument = (root: XmlElement): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${linesOf(root, '').join('\n')}\n`;

/** Elements that hold elements are written one a line; one that holds a text gets no blanks, as they would be part of it. */
function linesOf({ name, attributes, children }: XmlElement, indent: string): string[] {
  const given = Object.entries(attributes).map(([key, value]) => ` ${key}="${attributeText(String(value))}"`);
  const tag = `${name}${given.join('')}`;
  if (children.length === 0) return [`${indent}<${tag}/>`];
  if (children.some((child) => typeof child === 'string')) {
    const inner = children.map((child) =>
      typeof child === 'string' ? contentText(child) : linesOf(child, '').join(''),
    );
    return [`${indent}<${tag}>${inner.join('')}</${name}>`];
  }
  const inner = children.flatMap((child) => linesOf(child as XmlElement, `${indent}  `));
  return [`${indent}<${tag}>`, ...inner, `${indent}</${name}>`];
}

/**
 * A text without the characters that XML 1.0 forbids however they are escaped (most control characters, halves of
 * surrogate pairs, U+FFFE, U+FFFF): they are written out, `\x1b`. So are letters that hide what stands beside them.
 */
const allowed = (text: string): string =>
  visible(text).replace(/[\ufffe\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16)}`);

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const named = (letter: string): string => ENTITIES[letter]!;

const contentText = (text: string): string => allowed(text).replace(/[&<>]/g, named);

/** Ends of lines and tabs would be read as blanks. */
export const attributeText = (text: string): string =>
  allowed(text)
    .replace(/[&<>"]/g, named)
    .replace(/[\n\t]/g, (letter) => `&#${letter.charCodeAt(0)};`);
