/** A command that a document prints. */
export interface PrintedCommand {
  /** `README.md:15` */
  readonly place: string;
  readonly text: string;
  /** The folder in which it is to be typed, from the top of the repository. */
  readonly folder: string;
  /** Why it is not typed; absent: it is. */
  readonly why?: string;
  /** What the document prints as its output, behind a mark `output`. */
  readonly output?: readonly string[];
}

/** Lines of a document that belong together: a block of code, or what stands between blank lines. */
interface Block {
  readonly line: number;
  readonly lines: readonly string[];
  /** The language of a block of code, '' where none is given; undefined: text. */
  readonly language?: string;
}

/** In text such commands are to be typed; `tma report` is the command's name. */
const INLINE = /`((?:npx|npm|sh|cp) [^`]+)`/g;
const MARK = /^\s*<!-- (not typed|typed in|output)(?:: (.*?))? -->\s*$/;

/**
 * The commands of a Markdown document: each line of a block of `sh`, and in text what begins with `npx`, `npm`, `sh` or `cp`.
 * A mark on a line of its own holds for what comes next, a block or a paragraph:
 * `<!-- not typed: it needs a GPU -->`, `<!-- typed in: examples/nightly -->`, `<!-- output: npm run quickstart -->` (without a command it is that of the one before).
 */
export function printedCommands(file: string, text: string): PrintedCommand[] {
  const commands: PrintedCommand[] = [];
  let marks = new Map<string, string>();
  for (const { line, lines, language } of blocksOf(text)) {
    const found = language === undefined ? lines.map((item) => MARK.exec(item)) : [];
    for (const mark of found) if (mark) marks.set(mark[1]!, mark[2] ?? '');
    if (language === undefined && found.every((mark) => mark !== null)) continue;
    const why = marks.get('not typed');
    const how = { folder: marks.get('typed in') ?? '.', ...(why !== undefined && { why }) };
    const of = marks.get('output');
    const at = of === undefined ? -1 : commands.findLastIndex((item) => of === '' || item.text === of);
    if (at !== -1) commands[at] = { ...commands[at]!, output: lines };
    else {
      for (const [at, words] of typedIn(lines, language))
        commands.push({ place: `${file}:${line + at}`, text: words, ...how });
    }
    marks = new Map();
  }
  return commands;
}

/** Blocks of code that do not say what they are, so that a command could hide in them. */
export const unnamedBlocks = (file: string, text: string): string[] =>
  blocksOf(text).flatMap(({ line, language }) => (language === '' ? [`${file}:${line - 1}`] : []));

function typedIn(lines: readonly string[], language: string | undefined): [at: number, text: string][] {
  if (language === 'sh')
    return lines.flatMap((text, at): [number, string][] => (text.trim() === '' ? [] : [[at, text.trim()]]));
  if (language !== undefined) return [];
  // A command may be broken into two lines, as any text.
  const whole = lines.join('\n');
  return [...whole.matchAll(INLINE)].map(({ 1: text, index }) => [
    whole.slice(0, index).split('\n').length - 1,
    text!.replace(/\s+/g, ' '),
  ]);
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let begun: { line: number; lines: string[]; language?: string } | undefined;
  const end = (): void => {
    if (begun && (begun.language !== undefined || begun.lines.length > 0)) blocks.push(begun);
    begun = undefined;
  };
  for (const [index, content] of text.split('\n').entries()) {
    const fence = /^\s*```(\w*)/.exec(content);
    if (fence && begun?.language !== undefined) end();
    else if (fence) {
      end();
      begun = { line: index + 2, lines: [], language: fence[1]! };
    } else if (begun?.language === undefined && (content.trim() === '' || MARK.test(content))) {
      end();
      if (content.trim() !== '') blocks.push({ line: index + 1, lines: [content] });
    } else {
      begun ??= { line: index + 1, lines: [] };
      begun.lines.push(content);
    }
  }
  end();
  return blocks;
}

/** A number that was measured or counted, and not part of a name such as p99. */
const FIGURE = /(?<![\w.])[-+]?\d/;

/**
 * The lines that a document prints and a command did not: those without figures are to be the same, in their order. Figures differ
 * from run to run, and with them which lines there are.
 */
export function missingLines(printed: readonly string[], output: string): string[] {
  const short = (line: string): string => line.trim().replace(/\s+/g, ' ');
  const said = output.split('\n').map(short);
  let from = 0;
  return printed.filter((line) => {
    if (short(line) === '' || short(line) === '...' || FIGURE.test(line)) return false;
    const at = said.indexOf(short(line), from);
    if (at === -1) return true;
    from = at + 1;
    return false;
  });
}
