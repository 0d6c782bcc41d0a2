import { instanceGroups, maxBatchSize } from '../model-config/config.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import { compactValue, NOTHING, shortNames } from './words.ts';

/** Fields that are told in words of their own. */
const TOLD = /^(max_batch_size$|instance_group\b|dynamic_batching(\.max_queue_delay_microseconds)?$)/;

/** A candidate, or a trial with what the server made of it. */
interface Configured {
  readonly models: readonly [
    { readonly config: ModelConfig; readonly assignment: Readonly<Record<string, unknown>> },
    ...unknown[],
  ];
  readonly end?: { readonly effective?: ModelConfig | undefined } | undefined;
}

/**
 * What a configuration is, in the words of its settings: those that everybody asks for, then what else it sets over the
 * model's own.
 * @example ['2 instances on GPU', 'max batch size 8', 'dynamic batching, 200 µs queue delay']
 */
export function settingsOf({ models: [{ config, assignment }], end }: Configured): string[] {
  const effective = end?.effective ?? config;
  const groups = instanceGroups(instanceGroups(config).length > 0 ? config : effective);
  const size = maxBatchSize(config);
  const others = Object.entries(assignment).filter(([path]) => !TOLD.test(path));
  const names = shortNames(others.map(([path]) => path));
  return [
    // It has neither instances nor a batcher of its own.
    ...('ensemble_scheduling' in config ? ['ensemble'] : []),
    ...(groups.length > 0
      ? [
          groups
            .map(({ kind, count }) => `${count} ${count === 1 ? 'instance' : 'instances'} on ${kind}`)
            .join(' and '),
        ]
      : []),
    size > 0 ? `max batch size ${size}` : 'no batching by the server',
    batchingText(config['dynamic_batching']),
    ...others.flatMap(([path, value], index) => {
      const text = compactValue(path, value);
      return text === NOTHING ? [] : `${names[index]} ${text}`;
    }),
  ].filter((text) => text !== '');
}

function batchingText(batching: unknown): string {
  if (batching === undefined) return '';
  const fields = (batching ?? {}) as Record<string, unknown>;
  const delay = Number(fields['max_queue_delay_microseconds'] ?? 0);
  const preferred = fields['preferred_batch_size'];
  return [
    'dynamic batching',
    ...(delay > 0 ? [`${delay} µs queue delay`] : []),
    ...(Array.isArray(preferred) && preferred.length > 0
      ? [`preferred batch size ${preferred.join(' or ')}`]
      : []),
  ].join(', ');
}

/** The same as a sentence has it. */
export const settingsText = (trial: Configured): string => settingsOf(trial).join(', ');
