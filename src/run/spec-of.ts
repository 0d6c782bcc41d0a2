import { join } from 'node:path';
import type { Experiment, ModelPlan } from '../config/experiment.ts';
import type { SpecFor } from '../executor/executor.ts';
import { messageOf } from '../ground/errors.ts';
import type { TrialEnd } from '../record/run.ts';
import type { ServerIdentity } from '../server/launcher.ts';
import type { Candidate } from '../space/space.ts';
import { writeSpec } from '../trial/spec-file.ts';
import { TRIAL_SPEC_VERSION, type TrialSpec } from '../trial/trial-spec.ts';
import type { BaseModel } from '../variant/base.ts';

/** What is to be served, and by what. */
interface Wanted {
  readonly candidate: Candidate | undefined;
  /** Whether the server is to describe itself. */
  readonly describe: boolean;
  readonly server?: ServerIdentity;
}

/** What a trial serves: a candidate, or without one the model as the server completes it. */
export function specOf(
  experiment: Experiment,
  plan: ModelPlan,
  base: BaseModel,
  { candidate, describe, server }: Wanted,
): SpecFor {
  const { launch, generator, modelRepository, monitoringIntervalS, serverOnlyS } = experiment;
  const variant = candidate?.name ?? `${plan.name}_config_default`;
  return {
    version: TRIAL_SPEC_VERSION,
    variant,
    models: [
      {
        name: plan.name,
        role: 'measured',
        assignment: candidate?.models[0].assignment ?? {},
        config: candidate?.models[0].config,
        folder: base.folder,
        fingerprint: base.fingerprint,
        ...(base.members !== undefined && { members: base.members }),
        place: plan.place,
      },
    ],
    settings: {
      load: plan.load,
      generator,
      launch,
      serverFlags: plan.serverFlags,
      serverEnvironment: plan.serverEnvironment,
      container: plan.container,
      monitoringIntervalS,
      ...(describe && { describeS: serverOnlyS }),
    },
    ...(server && { server: { path: server.path, hash: server.hash } }),
    logFile: launch.outputPath ?? join(experiment.checkpointDirectory, 'logs', `${variant}.log`),
    ownLog: launch.outputPath === undefined,
    modelRepository,
  };
}

/** The end of a trial in which something failed, with the file that repeats it; where that can't be written, with the reason. */
export function withSpec(end: TrialEnd, spec: TrialSpec, { checkpointDirectory }: Experiment): TrialEnd {
  const specFile = join(checkpointDirectory, 'trials', `${spec.variant}.json`);
  try {
    writeSpec(specFile, spec);
    return { ...end, specFile };
  } catch (error) {
    // What was measured is no worse for it.
    return { ...end, warnings: [...end.warnings, `it can't be repeated from a file: ${messageOf(error)}`] };
  }
}
