import { join } from 'node:path';
import type { Experiment, ModelPlan } from '../config/experiment.ts';
import type { SpecFor } from '../executor/executor.ts';
import type { Candidate } from '../space/space.ts';
import { writeSpec } from '../trial/spec-file.ts';
import { TRIAL_SPEC_VERSION, type TrialSpec } from '../trial/trial-spec.ts';
import type { BaseModel } from '../variant/base.ts';

/** What a trial serves: a candidate, or without one the model as the server completes it. */
export function specOf(
  experiment: Experiment,
  plan: ModelPlan,
  base: BaseModel,
  { candidate, describe }: { readonly candidate: Candidate | undefined; readonly describe: boolean },
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
        assignment: candidate?.assignment ?? {},
        config: candidate?.config,
        folder: base.folder,
        fingerprint: base.fingerprint,
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
    logFile: launch.outputPath ?? join(experiment.checkpointDirectory, 'logs', `${variant}.log`),
    ownLog: launch.outputPath === undefined,
    modelRepository,
  };
}

/** Writes down what failed, so that it can be repeated; answers the file. */
export function keepSpec(spec: TrialSpec, { checkpointDirectory }: Experiment): string {
  const path = join(checkpointDirectory, 'trials', `${spec.variant}.json`);
  writeSpec(path, spec);
  return path;
}
