import { visible } from '../ground/wording.ts';

/** Letters that mean nothing to Markdown wherever they stand in code, nor to a table. */
const HARMLESS = /^[\w.,:;+%/=()[\]{} -]+$/;

/** A name or a value as code, wherever it stands, in a table, too: nothing in it is read as Markdown or HTML. */
export function code(text: string): string {
  const line = oneLine(text);
  if (line === '') return '';
  return HARMLESS.test(line) && line === line.trim()
    ? `\`${line}\``
    : `<code>${line.replace(/[^\p{L}\p{N} .,/-]/gu, (letter) => `&#${letter.codePointAt(0)};`)}</code>`;
}

/** Letters with a meaning, and beginnings of what is found in a text by itself: mentions, issues, addresses, emphasis. */
const ACTIVE =
  /[&<>|\\`*[\]~$]|(?<![\p{L}\p{N}_])_|_(?![\p{L}\p{N}_])|@(?=\S)|[#!](?=\d)|:(?=\/\/)|\bwww(?=\.)/giu;

/**
 * A sentence with names in it as Markdown: it is shown as it is, in a table, too, and mentions nobody, links to nothing and
 * is not counted as an issue where GitHub or GitLab show it.
 */
export const plain = (text: string): string =>
  oneLine(text).replace(ACTIVE, (found) => {
    if ('&<>|'.includes(found)) return `&#${found.charCodeAt(0)};`;
    // A comment is not shown, and parts what would be found together.
    return /[@#!:w]/i.test(found) ? `${found}<!-- -->` : `\\${found}`;
  });

/** A table; cells are Markdown already. */
export const table = (
  headers: readonly { readonly text: string; readonly right?: boolean }[],
  rows: readonly (readonly string[])[],
): string =>
  [headers.map(({ text }) => text), headers.map(({ right }) => (right ? '--:' : '---')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');

/** A link to a file that lies below the folder of the text, or beside it. */
export const fileLink = (text: string, path: string): string =>
  `[${plain(text)}](${path
    .split('/')
    .map((part) =>
      encodeURIComponent(part.toWellFormed()).replace(
        /[!'()*]/g,
        (letter) => `%${letter.charCodeAt(0).toString(16)}`,
      ),
    )
    .join('/')})`;

const oneLine = (text: string): string => visible(text).replace(/\s+/g, ' ');

/** The beginning of a text that is too long. */
export const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 3)}...`;
