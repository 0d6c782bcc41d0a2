import { Document, Scalar, visit } from 'yaml';
import { visible } from '../../ground/wording.ts';
import { formatNumber } from '../../rank/words.ts';
import { levelText } from '../../record/load-point.ts';
import type { Deployment } from './deployment.ts';

/** A file for a tool that deploys. */
export interface Manifest {
  readonly model: string;
  /** Valid as a name of Kubernetes. */
  readonly name: string;
  readonly fileName: string;
  readonly text: string;
}

/** What no reader of YAML, old or new, takes for anything but a text. */
const PLAIN = /^[A-Za-z][\w./:@-]*$/;

/**
 * YAML with comment lines above it; what is in comments can't become anything else, whatever a model is called. Kubernetes and
 * Helm read YAML 1.1, where `no` is no text: what may be something else is quoted.
 */
export function yamlWith(comments: readonly string[], data: object): string {
  const document = new Document(data, { version: '1.1' });
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value === 'string' && !PLAIN.test(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  const lines = comments.map((line) => `# ${visible(line).replace(/[\r\n\t\u0085]+/g, ' ')}\n`);
  return `${lines.join('')}${document.toString({ lineWidth: 0 })}`;
}

/** What was measured and what follows from it, a line each. */
export function measuredLines({ variant, capacity, replicas, peak, resources }: Deployment): string[] {
  const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
  const of = (wanted: NonNullable<typeof replicas>, what: string): string =>
    `${wanted.needed} ${wanted.needed === 1 ? 'replica carries' : 'replicas carry'} ${formatNumber(wanted.requestRate)} infer/s${what} with ${percent(wanted.headroom)} headroom; each is used to ${percent(wanted.used)}`;
  return [
    ...(capacity
      ? [
          `${variant} carries ${formatNumber(capacity.inferencesPerSecond)} infer/s or more: ${formatNumber(capacity.measured)} measured ${capacity.arrivals === 'open' ? 'at' : 'with'} ${levelText(capacity.point)}, the lower end of its interval taken`,
          ...capacity.notes,
        ]
      : [`how much ${variant} carries is not known: no load that was measured keeps the constraints`]),
    ...(replicas ? [of(replicas, '')] : []),
    ...(peak ? [of(peak, ' at the peak')] : []),
    ...resources.notes,
  ];
}

/** Requests and limits of a container: both, as what lacks one may be given a usual value that nobody measured. */
export function containerResources({ cpuCores, memoryMi, gpus }: Deployment['resources']): {
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
} {
  const amounts = {
    ...(cpuCores !== undefined && { cpu: String(cpuCores) }),
    ...(memoryMi !== undefined && { memory: `${memoryMi}Mi` }),
    ...(gpus > 0 && { 'nvidia.com/gpu': String(gpus) }),
  };
  return { requests: amounts, limits: { ...amounts } };
}

/** The least and the most replicas; the most is undefined where no rate was asked for. */
export function replicaRange({ replicas, peak }: Deployment): {
  readonly least: number;
  readonly most: number | undefined;
} {
  const least = replicas?.needed ?? 1;
  const most = peak?.needed ?? replicas?.needed;
  return { least, most: most === undefined ? undefined : Math.max(least, most) };
}
