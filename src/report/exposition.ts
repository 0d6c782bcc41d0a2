import { visible } from '../ground/wording.ts';

/** A value with its labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** A metric as Prometheus and OpenMetrics have it, a gauge. */
export interface Family {
  /** Ends in its unit where it has one. */
  readonly name: string;
  /** A plain sentence: no quotes, no backslashes, no ends of lines. */
  readonly help: string;
  /** In OpenMetrics' base units: `seconds`, `bytes`, `ratio`. */
  readonly unit?: string | undefined;
  readonly samples: readonly Sample[];
}

/**
 * Families as a text that is both OpenMetrics 1.0 and the text format of Prometheus, which takes `# UNIT` and `# EOF` for
 * comments: only gauges, as of the types that both have they alone fit, and no times, which node_exporter refuses. A family
 * without samples is left out.
 */
export const expositionText = (families: readonly Family[]): string =>
  [
    ...families
      .filter(({ samples }) => samples.length > 0)
      .flatMap(({ name, help, unit, samples }) => [
        `# HELP ${name} ${help}`,
        `# TYPE ${name} gauge`,
        ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
        ...samples.map(({ labels, value }) => `${name}${labelText(labels)} ${value}`),
      ]),
    '# EOF',
    '',
  ].join('\n');

function labelText(labels: Sample['labels']): string {
  const all = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`);
  return all.length === 0 ? '' : `{${all.join(',')}}`;
}

const escaped = (text: string): string =>
  visible(text).replace(/[\\"]/g, String.raw`\$&`).replaceAll('\n', String.raw`\n`);
