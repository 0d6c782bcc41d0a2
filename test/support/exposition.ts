/** A metric as a text of OpenMetrics has it. */
export interface ReadFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly unit: string | undefined;
  readonly samples: { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

/** Suffixes that OpenMetrics and Prometheus keep for counters, summaries, histograms. */
const RESERVED = /_(total|created|count|sum|bucket|gcount|gsum)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/y;

/**
 * Reads a text strictly, by what OpenMetrics 1.0 and the text format of Prometheus both demand of gauges, and what the
 * textfile collector of node_exporter does: no times. @throws what is wrong, with its line.
 */
export function parseExposition(text: string): ReadFamily[] {
  if (!text.endsWith('# EOF\n')) throw new Error('it does not end with # EOF and the end of its line');
  const families: { -readonly [Key in keyof ReadFamily]?: ReadFamily[Key] }[] = [];
  const seen = new Set<string>();
  for (const line of text.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1)) {
    const fail = (why: string): never => {
      throw new Error(`${why}: ${line}`);
    };
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE|UNIT) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line) ?? [];
    if (keyword !== undefined) {
      if (families.at(-1)?.name !== name) {
        if (families.some((family) => family.name === name)) fail('a family in two places');
        families.push({ name, samples: [] });
      }
      const family = families.at(-1)!;
      const key = keyword.toLowerCase() as 'help' | 'type' | 'unit';
      if (family[key] !== undefined) fail('told twice');
      if (family.samples!.length > 0) fail('behind the samples');
      if (key === 'help' && /["\\]/.test(rest)) fail('what the two formats escape in different ways');
      family[key] = rest;
      continue;
    }
    const family = families.at(-1);
    const [, of, labels, value = ''] =
      /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? fail('no sample');
    if (!family || family.name !== of) fail('a sample of another family');
    if (!Number.isFinite(Number(value))) fail('no number');
    const read = labels === undefined ? {} : (labelsOf(labels) ?? fail('wrong labels'));
    const series = `${of}${JSON.stringify(Object.entries(read!).sort())}`;
    if (seen.has(series)) fail('a series twice');
    seen.add(series);
    family!.samples!.push({ labels: read!, value: Number(value) });
  }
  return families.map(({ name = '', type, help, unit, samples = [] }) => {
    if (type !== 'gauge') throw new Error(`${name} is no gauge`);
    if (help === undefined) throw new Error(`${name} has no help`);
    if (RESERVED.test(name)) throw new Error(`${name} ends as a counter or a summary does`);
    if (unit !== undefined && !name.endsWith(`_${unit}`)) throw new Error(`${name} does not end in ${unit}`);
    if (samples.length === 0) throw new Error(`${name} has no samples`);
    return { name, type, help, unit, samples };
  });
}

function labelsOf(text: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const at = LABEL.lastIndex;
    const [, name = '', value = ''] = LABEL.exec(text) ?? [];
    if (LABEL.lastIndex <= at || name in labels) return undefined;
    labels[name] = value.replace(/\\(.)/g, (_match, letter: string) => (letter === 'n' ? '\n' : letter));
  }
  return labels;
}
