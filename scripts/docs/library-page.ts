import { readFileSync } from 'node:fs';

/**
 * The page of the library with its examples as they are in their files: below each `<!-- FILE -->` stands that file as a
 * block of code.
 */
export const withExamples = (page: string): string =>
  page.replace(
    /^<!-- (examples\/library\/[\w-]+\.ts) -->\n(?:```ts\n.*?^```\n)?/gms,
    (_block, file: string) => `<!-- ${file} -->\n\`\`\`ts\n${readFileSync(file, 'utf8')}\`\`\`\n`,
  );
