import { formOf, mergedRemark } from './remarks.ts';

/** A footnote with its number; without one it holds for every row. */
export interface Footnote {
  readonly number: string;
  readonly text: string;
}

/**
 * Remarks of a table's rows as footnotes: each remark once, and those that differ in their numbers alone as one with
 * their range.
 * @param remarks of each row.
 * @returns the numbers that each row carries (`1, 3`), and the footnotes in the order of their numbers; what all of
 * several rows carry is no mark of any of them.
 */
export function footnotesOf(remarks: readonly (readonly string[])[]): {
  readonly marks: readonly string[];
  readonly notes: readonly Footnote[];
} {
  const texts = Map.groupBy(remarks.flat(), formOf);
  const ofRows = remarks.map((own) => new Set(own.map(formOf)));
  const isOfAll = (form: string): boolean => ofRows.length > 1 && ofRows.every((own) => own.has(form));
  const [ofAll, ofSome] = [
    [...texts.keys()].filter(isOfAll),
    [...texts.keys()].filter((form) => !isOfAll(form)),
  ];
  const textOf = (form: string): string => mergedRemark(texts.get(form)!);
  return {
    marks: ofRows.map((own) =>
      ofSome.flatMap((form, index) => (own.has(form) ? [String(index + 1)] : [])).join(', '),
    ),
    notes: [
      ...ofAll.map((form) => ({ number: '', text: textOf(form) })),
      ...ofSome.map((form, index) => ({ number: String(index + 1), text: textOf(form) })),
    ],
  };
}
