import { type Bookmark, getDocumentProxy, type Page } from 'unpdf';

/** A text on a sheet: its place from the left and from below, and the size of its letters, pt. */
interface PlacedText {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly right: number;
  readonly size: number;
}

/** A sheet of a PDF. */
export interface Sheet {
  readonly width: number;
  readonly height: number;
  readonly texts: readonly PlacedText[];
  /** All of it, in the order in which it is read. */
  readonly text: string;
  /** The texts of each line, from top to bottom. */
  readonly lines: readonly string[];
  readonly fonts: readonly { readonly name: string; readonly isEmbedded: boolean }[];
}

/** Texts that are farther apart are words of their own, pt. */
const GAP = 1;

/** PDF.js's number of the operation that chooses a font. */
const SET_FONT = 37;

const titlesOf = (bookmarks: readonly Bookmark[]): string[] =>
  bookmarks.flatMap(({ title, items }) => [title, ...titlesOf(items)]);

/** What a PDF shows, sheet by sheet, and its bookmarks. */
export async function readPdf(bytes: Uint8Array): Promise<{ sheets: Sheet[]; bookmarks: string[] }> {
  // PDF.js takes the bytes away.
  const file = await getDocumentProxy(new Uint8Array(bytes));
  const sheets: Sheet[] = [];
  for (let number = 1; number <= file.numPages; number++)
    sheets.push(await readSheet(await file.getPage(number)));
  return { sheets, bookmarks: titlesOf((await file.getOutline()) ?? []) };
}

async function readSheet(page: Page): Promise<Sheet> {
  const [left, bottom, right, top] = page.view;
  const { items } = await page.getTextContent();
  const texts = items.flatMap(({ str = '', width, transform: [, , c, d, x, y] }) =>
    str.trim() === '' ? [] : [{ text: str, x, y, right: x + width, size: Math.hypot(c, d) }],
  );
  const { fnArray, argsArray } = await page.getOperatorList();
  const ids = new Set(fnArray.flatMap((of, at) => (of === SET_FONT ? [String(argsArray[at]![0])] : [])));
  const lines = Map.groupBy(texts, ({ y }) => Math.round(y));
  return {
    width: right - left,
    height: top - bottom,
    texts,
    text: items.map(({ str, hasEOL }) => `${str ?? ''}${hasEOL ? ' ' : ''}`).join(''),
    lines: [...lines]
      .toSorted(([a], [b]) => b - a)
      .map(([, line]) =>
        line
          .toSorted((a, b) => a.x - b.x)
          .reduce((told, { text, x }, at, all) => {
            const isApart = at > 0 && x - all[at - 1]!.right > GAP;
            return `${told}${isApart ? ' ' : ''}${text}`;
          }, '')
          .trim(),
      ),
    fonts: [...ids].map((id) => {
      const { name, missingFile } = page.commonObjs.get(id);
      return { name, isEmbedded: !missingFile };
    }),
  };
}
