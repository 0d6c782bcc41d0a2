import { join } from 'node:path';
import { NO_CONTAINER_OPTIONS } from '../../src/config/docker-args.ts';
import { TRIAL_SPEC_VERSION, type TrialSettings, type TrialSpec } from '../../src/trial/trial-spec.ts';
import { folder, launchSettings, load } from './experiment.ts';

/** A spec of model `m` as it is, on whatever there is. */
export const trialSpec = (
  changes: Partial<TrialSpec> = {},
  settings: Partial<TrialSettings> = {},
): TrialSpec => ({
  version: TRIAL_SPEC_VERSION,
  variant: 'm_config_0',
  models: [
    {
      name: 'm',
      role: 'measured',
      assignment: { max_batch_size: 2 },
      config: { name: 'm', max_batch_size: 2 },
      folder: undefined,
      fingerprint: 'files',
    },
  ],
  settings: {
    load: load(),
    generator: { kind: 'native' },
    launch: launchSettings(),
    serverFlags: {},
    serverEnvironment: {},
    container: NO_CONTAINER_OPTIONS,
    monitoringIntervalS: 1,
    ...settings,
  },
  place: { gpus: { kind: 'all' }, uuids: [], cpus: undefined },
  logFile: join(folder(), 'm_config_0.log'),
  ownLog: true,
  modelRepository: '/models',
  ...changes,
});
