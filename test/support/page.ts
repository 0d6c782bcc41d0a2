/**
 * A page for a golden file: with what its figures are called instead of their drawings, and without style sheets and
 * scripts, of all of which other tests speak.
 */
export const pageText = (html: string): string =>
  html
    .replace(/<svg[^>]*aria-label="([^"]*)".*?<\/svg>/gs, '<svg>$1</svg>')
    .replace(/<(style|script)>.*?<\/\1>/gs, '<$1></$1>');
