/** What a PDF is made for, by the names of `paper`. */
export const PAPER_SIZES = ['a4', 'letter'] as const;

export type PaperSize = (typeof PAPER_SIZES)[number];
