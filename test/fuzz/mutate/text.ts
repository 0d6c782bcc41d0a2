import type { Random } from '../../support/random.ts';

/** What text is changed by: tokens that are put in, and other texts that lines are taken from. */
export interface TextMaterial {
  readonly tokens: readonly string[];
  readonly others: readonly string[];
}

/** Changes one to four places of a text that is made of lines. */
export function changeText(random: Random, text: string, material: TextMaterial): string {
  let lines = text.split('\n');
  for (let round = random.chance(0.6) ? 1 : 1 + random.below(4); round > 0; round--)
    lines = changeLines(random, lines, material);
  return lines.join('\n');
}

function changeLines(random: Random, lines: readonly string[], { tokens, others }: TextMaterial): string[] {
  const at = random.below(lines.length);
  const line = lines[at]!;
  const put = (changed: string): string[] => lines.with(at, changed);
  const token = (): string => random.pick(tokens);
  switch (random.below(12)) {
    case 0:
      return lines.length > 1 ? lines.toSpliced(at, 1) : [...lines];
    case 1:
      return lines.toSpliced(at, 0, random.pick(lines));
    case 2: {
      const other = random.below(lines.length);
      return lines.with(at, lines[other]!).with(other, line);
    }
    case 3:
      return put((random.chance(0.8) ? ' '.repeat(random.below(9)) : '\t') + line.trimStart());
    case 4:
      return put(line.replace(/([:\-[,{]\s*)([^\s,\]}:[{]+)/, (_match, before: string) => before + token()));
    case 5:
      return put(line.replace(/[\w-]+(?=\s*[:{[])/, token));
    case 6: {
      const other = random.pick(others).split('\n');
      const from = random.below(other.length);
      return lines.toSpliced(at, random.below(3), ...other.slice(from, from + 1 + random.below(6)));
    }
    case 7: {
      const column = random.below(line.length + 1);
      return put(line.slice(0, column) + token() + line.slice(column + random.below(3)));
    }
    case 8:
      return lines.slice(0, at + 1);
    case 9:
      return put(
        line.replace(/\d+/, () =>
          random.pick(['0', '-1', '99999', '1e9', '4294967296', '9007199254740993', '1.5', '']),
        ),
      );
    case 10:
      return put(
        line +
          random
            .pick(['[', '{a: ', '- ', '{ ', '"'])
            .repeat(1 + random.below(random.chance(0.97) ? 30 : 3000)),
      );
    default: {
      const begin = line.match(/^\s*/)![0];
      return lines.toSpliced(at, 0, `${begin}${token()}: ${token()}`);
    }
  }
}
