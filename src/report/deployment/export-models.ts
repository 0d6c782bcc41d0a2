import { userError } from '../../ground/errors.ts';
import { type DiffLine, diffText, hunksOf } from '../../model-config/diff.ts';
import type { Ranking } from '../../rank/rank.ts';
import type { Run } from '../../record/run.ts';
import { type Choice, type Chosen, chosenOf } from './chosen.ts';
import { type Demand, type Deployment, deploymentOf } from './deployment.ts';
import type { ExportedModel } from './export-record.ts';
import { type HandedOver, handOver, refuseToReplace, shortcomings } from './hand-over.ts';
import { helmValues } from './helm-values.ts';
import { kserveService } from './kserve-service.ts';
import { kubernetesNames } from './kubernetes-name.ts';
import type { Manifest } from './manifest.ts';
import {
  checkRepository,
  type FileState,
  filesWanted,
  statesIn,
  type WantedFiles,
} from './repository-files.ts';

/** As what configurations are handed over. */
export type ExportFormat = 'repository' | 'helm' | 'kserve';

/** What is to be handed over, and how. */
export interface ExportRequest extends Choice, Demand {
  /**
   * repository: the config.pbtxt of each, in a folder that Triton serves from; helm: values for a chart; kserve: an
   * InferenceService.
   */
  readonly format: ExportFormat;
  /** The folder that is written to: a model repository, or for files of YAML; undefined: nothing is written. */
  readonly to?: string | undefined;
  /** The model repository from which everything else of the models is taken along; undefined: nothing is. */
  readonly from?: string | undefined;
  /** What lies there and is not the same gives way, and is kept beside. */
  readonly force?: boolean;
  /** Of an InferenceService: where the model repository lies. */
  readonly storageUri?: string | undefined;
}

/** What would become of one model; plain data. */
export interface PlannedExport {
  readonly chosen: Chosen;
  /** Its name in Kubernetes. */
  readonly name: string;
  /** undefined: nothing was decided. */
  readonly deployment: Deployment | undefined;
  readonly manifest: Manifest | undefined;
  readonly folders: readonly string[];
  readonly files: readonly FileState[];
  readonly wanted: WantedFiles | undefined;
}

/**
 * Says what would be handed over of each model, and how it stands to what lies there; nothing is changed.
 * @throws UserError for names that are not there, or what can't be written where it is to be.
 */
export function planExport(
  run: Pick<Run, 'sessions'>,
  rankings: readonly Ranking[],
  request: ExportRequest,
): PlannedExport[] {
  const all = chosenOf(rankings, request);
  const names = kubernetesNames(all.map(({ ranking }) => ranking.model));
  const planned = all.map((chosen): PlannedExport => {
    const { ranking, entry } = chosen;
    const name = names.get(ranking.model)!;
    const deployment = entry && deploymentOf(run, ranking, entry, request);
    const manifest = deployment && manifestOf(deployment, name, request);
    const wanted = wantedOf(chosen, manifest, request);
    const { to } = request;
    return {
      chosen,
      name,
      deployment,
      manifest,
      wanted,
      folders: wanted?.folders ?? [],
      files: wanted && to !== undefined ? statesIn(to, wanted) : [],
    };
  });
  refuseConflicts(planned);
  return planned;
}

function manifestOf(
  deployment: Deployment,
  name: string,
  { format, storageUri }: ExportRequest,
): Manifest | undefined {
  switch (format) {
    case 'repository':
      return undefined;
    case 'helm':
      return helmValues(deployment, name);
    case 'kserve':
      return kserveService(deployment, name, storageUri);
  }
}

function wantedOf(
  { entry, isChange }: Chosen,
  manifest: Manifest | undefined,
  { to, from }: ExportRequest,
): WantedFiles | undefined {
  if (!entry) return undefined;
  if (manifest)
    return {
      files: [{ name: manifest.fileName, content: { text: manifest.text } }],
      folders: [],
      models: [],
    };
  if (!isChange) return undefined;
  const wanted = filesWanted(entry.trial, from);
  if (to !== undefined)
    checkRepository(
      to,
      from,
      wanted.models.map(({ name }) => name),
    );
  return wanted;
}

/** Two configurations that want different things in one place can't both be served. */
function refuseConflicts(planned: readonly PlannedExport[]): void {
  const texts = new Map<string, { readonly text: string; readonly of: string }>();
  for (const { wanted, chosen } of planned) {
    for (const { name, content } of wanted?.files ?? []) {
      const text = 'text' in content ? content.text : content.from;
      const other = texts.get(name);
      const of = chosen.entry!.trial.name;
      if (other && other.text !== text)
        throw userError(
          `${name} is not the same in ${other.of} and ${of}`,
          'write each into a folder of its own: name one with --model',
        );
      texts.set(name, { text, of });
    }
  }
}

/**
 * Writes what was planned, model by model; once `signal` is aborted no other file is begun.
 * @throws UserError where something else lies in the way and is not to be replaced, before anything is written, and when the
 * disk does not take it.
 */
export async function* exportModels(
  planned: readonly PlannedExport[],
  { to, format, force = false }: Pick<ExportRequest, 'to' | 'format' | 'force'>,
  how: { readonly stamp: string; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<ExportedModel> {
  if (!force) refuseToReplace(planned.flatMap(({ files }) => files));
  for (const { chosen, name, deployment, manifest, wanted, files, folders } of planned) {
    const written: HandedOver[] = [];
    const notes: string[] = [];
    if (to !== undefined && wanted) {
      for await (const file of handOver(to, { folders }, files, how)) written.push(file);
      if (how.signal?.aborted) return;
      if (format === 'repository')
        for await (const note of shortcomings(to, chosen.entry!.trial, wanted)) notes.push(note);
    }
    yield { chosen, name, deployment, manifest, files: written, notes };
  }
}

/** How many lines around a change are shown. */
const CONTEXT = 2;

/** A change of a file, as lines. */
export interface FileChange {
  readonly before: string;
  readonly after: string;
  readonly hunks: readonly (readonly DiffLine[])[];
}

/**
 * What changes: each file against what lies there; a config.pbtxt that is not there yet, or is written nowhere, against the
 * default configuration of its model. Files of models are not shown.
 */
export function changesOf({ chosen, files, wanted, manifest }: PlannedExport): FileChange[] {
  const { entry } = chosen;
  if (!entry) return [];
  const there = files.flatMap(({ path, content, before, state }): FileChange[] => {
    if (!('text' in content) || state !== 'other' || before === undefined) return [];
    const hunks = hunksOf(diffText(before, content.text), CONTEXT);
    return [{ before: path, after: entry.trial.name, hunks }];
  });
  if (manifest || !wanted) return there;
  const isThere = new Set(files.flatMap(({ name, state }) => (state === 'new' ? [] : [name])));
  const fresh = entry.trial.models
    .filter(({ name }) => !isThere.has(`${name}/config.pbtxt`))
    .map(({ name, diff }) => ({
      before: `default of ${name}`,
      after: entry.trial.name,
      hunks: hunksOf(diff, CONTEXT),
    }))
    .filter(({ hunks }) => hunks.length > 0);
  return [...there, ...fresh];
}
