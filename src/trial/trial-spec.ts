import type { ContainerOptions } from '../config/docker-args.ts';
import type { GeneratorSettings, GpuChoice, LaunchSettings, LoadSettings } from '../config/experiment.ts';
import type { ServerFlags } from '../config/server-flags.ts';
import type { Place } from '../ground/errors.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import type { LoadPoint } from '../record/load-point.ts';
import type { ServerIdentity } from '../server/launcher.ts';

/** Version of the form below; a change that an old reader can't take raises it. */
export const TRIAL_SPEC_VERSION = 1;

/**
 * Everything that a trial needs, as plain data: it can be written to a file and measured again elsewhere. Files are
 * named, not held; how secrets are kept out of a file says `spec-file.ts`.
 */
export interface TrialSpec {
  readonly version: typeof TRIAL_SPEC_VERSION;
  /** The variant: part of the names of its log and its container. */
  readonly variant: string;
  /** What is served; what load is put on stands first. */
  readonly models: readonly [ServedModel, ...ServedModel[]];
  readonly settings: TrialSettings;
  readonly place: TrialPlace;
  /** What served it when the spec was written; absent where that is not known. */
  readonly server?: Pick<ServerIdentity, 'path' | 'hash'>;
  /** Where the server's output goes. */
  readonly logFile: string;
  /** The log is this trial's alone, and begins with it. */
  readonly ownLog: boolean;
  /** Folder of the models; undefined where a remote server has its own. */
  readonly modelRepository: string | undefined;
  /** The loads to measure, where they are known beforehand. */
  readonly points?: readonly LoadPoint[];
}

/** A model of a trial. */
export interface ServedModel {
  readonly name: string;
  /** Whether load is put on it, or on another model that is made of it. */
  readonly role: 'measured' | 'composing';
  /** Path as in config.pbtxt -> value, as far as it is set over the model's own. */
  readonly assignment: Readonly<Record<string, unknown>>;
  /** The whole configuration; undefined: the server is to complete one. */
  readonly config: ModelConfig | undefined;
  /** Where its files lie, to be sent to a server that does not see them; undefined: they are not here. */
  readonly folder: string | undefined;
  /** Hash of its files. */
  readonly fingerprint: string;
  /** An ensemble: hash of the files and configurations of the models that it is made of. */
  readonly members?: string;
  /** Where the user names it. */
  readonly place?: Place | undefined;
}

/** A field of a spec, and why a trial can't do what stands there. */
export interface NotServed {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What of a spec's models this version can't serve as it stands there; [] where it can. */
export function notServed({ models }: Pick<TrialSpec, 'models'>): readonly NotServed[] {
  const measured = models.find(({ role }) => role === 'measured');
  if (measured === undefined)
    return [
      { path: ['models'], message: 'no load is put on any of them: expected one whose role is "measured"' },
    ];
  const found: NotServed[] = [];
  for (const [index, { name, role, config, assignment }] of models.entries()) {
    const shown = JSON.stringify(name);
    const refuse = (field: keyof ServedModel, message: string): void =>
      void found.push({ path: ['models', index, field], message });
    if (models.findIndex((model) => model.name === name) < index) refuse('name', `${shown} is there already`);
    else if (role === 'measured' && models[index] !== measured)
      refuse(
        'role',
        `load is put on one model in this version, and ${JSON.stringify(measured.name)} is measured`,
      );
    else if (role === 'composing' && index === 0) refuse('role', 'expected the model that is measured first');
    if (role === 'composing' && config !== undefined)
      refuse(
        'config',
        `${shown} is composing: in this version it is served as it lies in the model repository`,
      );
    if (role === 'composing' && Object.keys(assignment).length > 0)
      refuse('assignment', `${shown} is composing: in this version nothing is set in its configuration`);
  }
  return found;
}

/** Why a load can't be put on what a trial serves; undefined: it can. */
export function whyNotLoaded(
  { streams }: LoadPoint,
  { models }: Pick<TrialSpec, 'models'>,
): string | undefined {
  const measured = models.filter(({ role }) => role === 'measured').map(({ name }) => name);
  const stranger = streams.find(({ model }) => !measured.includes(model));
  if (stranger) return `no load is put on ${JSON.stringify(stranger.model)}, but on ${measured.join(', ')}`;
  return streams.length > 1 ? 'load is put on one model at a time in this version' : undefined;
}

/** How the server is run and the load is made. */
export interface TrialSettings {
  readonly load: LoadSettings;
  readonly generator: GeneratorSettings;
  readonly launch: LaunchSettings;
  readonly serverFlags: ServerFlags;
  readonly serverEnvironment: Readonly<Record<string, string>>;
  readonly container: ContainerOptions;
  /** Seconds between two looks at the server's gauges. */
  readonly monitoringIntervalS: number;
  /** Seconds of watching the GPUs before a model is loaded, where the server is to be described; undefined: it is not. */
  readonly describeS?: number;
}

/** The share of a machine that the server has. */
export interface TrialPlace {
  readonly gpus: GpuChoice;
  /** The GPUs that the driver is asked about; [] where it tells nothing. */
  readonly uuids: readonly string[];
  /** Cores, `0-3,8`; undefined = all. */
  readonly cpus: string | undefined;
}
