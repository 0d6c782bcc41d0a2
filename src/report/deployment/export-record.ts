import { z } from 'zod';
import { verdict } from '../../rank/verdict.ts';
import { documented } from '../../record/documented.ts';
import { loadPoint } from '../../record/measurement-record.ts';
import type { Chosen } from './chosen.ts';
import type { Deployment } from './deployment.ts';
import type { HandedOver } from './hand-over.ts';
import type { Manifest } from './manifest.ts';
import { containerResources } from './manifest.ts';
import type { Replicas } from './replicas.ts';

/** Version of what `tma export --json` prints; raised by a change that an old reader can't take. */
export const EXPORT_VERSION = 1;

const replicas = documented(
  z.object({
    requestRate: z.number(),
    headroom: z.number(),
    needed: z.number().int(),
    used: z.number(),
  }),
  {
    requestRate: 'inferences a second that all replicas carry together',
    headroom: 'share on top that they carry, too: 0.2 for 20 %',
    needed: 'replicas',
    used: 'share of what a replica can carry that it does at that rate, 0 to 1',
  },
).meta({ id: 'Replicas' });

const capacity = documented(
  z.object({
    inferencesPerSecond: z.number(),
    measured: z.number(),
    point: loadPoint,
    arrivals: z.enum(['open', 'closed']),
    inFlight: z.number().nullable(),
    constraints: z.enum(['met', 'unknown']),
    notes: z.array(z.string()),
  }),
  {
    inferencesPerSecond: 'what one replica carries: the lower end of the interval of what was measured',
    measured: 'what was measured',
    point: 'the load at which it was',
    arrivals:
      'open: requests were sent at a rate; closed: so many were always in flight, which says little of arrivals that do not wait',
    inFlight:
      "requests in flight for each replica at that load, by Little's law where a rate was sent; null: not known",
    constraints: 'whether the constraints are kept at that load; unknown: something was not measured',
    notes: 'what a reader should know before relying on it',
  },
);

const amounts = z.record(z.string(), z.string());

const resources = documented(
  z.object({
    cpuCores: z.number().int().nullable(),
    memoryMi: z.number().int().nullable(),
    gpus: z.number().int(),
    container: documented(z.object({ requests: amounts, limits: amounts }), {
      requests: 'as Kubernetes wants it',
      limits: 'the same',
    }),
    notes: z.array(z.string()),
  }),
  {
    cpuCores: 'the most CPU that was measured, with headroom, in whole cores; null: not measured',
    memoryMi:
      'the most memory that the server had, loading included, with headroom, Mi; where that was not recorded, twice what it had for itself under load; null: not measured',
    gpus: 'GPUs that it was measured on',
    container: 'resources of a container of Kubernetes',
    notes: 'what a reader should know',
  },
);

const file = documented(
  z.object({
    path: z.string(),
    state: z.enum(['written', 'replaced', 'same']),
    kept: z.string().optional(),
  }),
  {
    path: 'where it lies',
    state: 'same: it was there and says the same',
    kept: 'where what lay there before is kept',
  },
);

const exported = documented(
  z.object({
    schemaVersion: z.literal(EXPORT_VERSION),
    models: z.array(
      documented(
        z.object({
          model: z.string(),
          verdict: z.string(),
          decision: documented(z.object({ kind: z.string(), reason: z.string() }), {
            kind: 'deploy, keep, none or unfinished, as in results.json',
            reason: 'why',
          }),
          variant: z.string().nullable(),
          by: z.enum(['best', 'named']),
          name: z.string(),
          files: z.array(file),
          manifest: z.string().nullable(),
          capacity: capacity.nullable(),
          replicas: replicas.nullable(),
          peak: replicas.nullable(),
          resources: resources.nullable(),
          notes: z.array(z.string()),
        }),
        {
          model: 'name of the model, or of those that were loaded together, with commas between them',
          verdict: 'what was found, as a sentence',
          decision: 'what was decided for it',
          variant: 'the configuration that is handed over; null: none is',
          by: 'best: it was decided; named: --variant asked for it',
          name: 'its name in Kubernetes',
          files: 'files of the folder that --to named',
          manifest: 'text of the Helm values or the InferenceService; null: none was asked for',
          capacity: 'the most that one replica carries while the constraints are kept; null: not known',
          replicas: 'for --request-rate; null: not asked for, or not known',
          peak: 'for --peak-request-rate; null: not asked for, or not known',
          resources: 'what a container is to be given; null: nothing is handed over',
          notes: 'what a reader should know of the files',
        },
      ),
    ),
  }),
  { schemaVersion: 'version of this form', models: 'each model by itself' },
);

/** What `tma export --json` prints. */
export type ExportRecord = z.output<typeof exported>;

/** The same as JSON Schema (draft 2020-12). */
export const exportJsonSchema = (): Record<string, unknown> => ({
  title: 'what tma export --json prints',
  ...z.toJSONSchema(exported, { io: 'input', unrepresentable: 'any' }),
});

/** What became of one model. */
export interface ExportedModel {
  readonly chosen: Chosen;
  /** Its name in Kubernetes. */
  readonly name: string;
  /** undefined: nothing is handed over. */
  readonly deployment?: Deployment | undefined;
  readonly manifest?: Manifest | undefined;
  readonly files?: readonly HandedOver[];
  readonly notes?: readonly string[];
}

/** What was handed over, as plain data for programs. */
export const exportRecord = (models: readonly ExportedModel[]): ExportRecord => ({
  schemaVersion: EXPORT_VERSION,
  models: models.map(({ chosen, name, deployment, manifest, files = [], notes = [] }) => ({
    model: chosen.ranking.model,
    verdict: verdict(chosen.ranking),
    decision: { kind: chosen.ranking.decision.kind, reason: chosen.ranking.decision.reason },
    variant: deployment?.variant ?? null,
    by: chosen.by,
    name,
    files: files.map((item) => ({ ...item })),
    manifest: manifest?.text ?? null,
    capacity: capacityRecord(deployment?.capacity),
    replicas: replicasRecord(deployment?.replicas),
    peak: replicasRecord(deployment?.peak),
    resources: deployment ? resourcesRecord(deployment.resources) : null,
    notes: [...notes],
  })),
});

type ModelRecord = ExportRecord['models'][number];

const capacityRecord = (capacity: Deployment['capacity']): ModelRecord['capacity'] =>
  capacity
    ? {
        ...capacity,
        point: capacity.point as NonNullable<ModelRecord['capacity']>['point'],
        inFlight: capacity.inFlight ?? null,
        notes: [...capacity.notes],
      }
    : null;

const replicasRecord = (wanted: Replicas | undefined): Replicas | null => (wanted ? { ...wanted } : null);

const resourcesRecord = (resources: Deployment['resources']): ModelRecord['resources'] => ({
  cpuCores: resources.cpuCores ?? null,
  memoryMi: resources.memoryMi ?? null,
  gpus: resources.gpus,
  container: containerResources(resources),
  notes: [...resources.notes],
});
