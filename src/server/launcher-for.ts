import type { LaunchSettings } from '../config/experiment.ts';
import { CApiLauncher } from './c-api.ts';
import { DockerLauncher } from './docker/docker.ts';
import type { Launcher } from './launcher.ts';
import { LocalLauncher } from './local.ts';
import { RemoteLauncher } from './remote.ts';
import { ReusingLauncher } from './reuse.ts';

/** The launcher that settings ask for. @throws UserError when what it needs is not on this machine. */
export function launcherFor(settings: LaunchSettings): Launcher {
  const launcher = byMode(settings);
  return settings.reuse && settings.mode !== 'remote' && settings.mode !== 'c_api'
    ? new ReusingLauncher(launcher)
    : launcher;
}

function byMode(settings: LaunchSettings): Launcher {
  switch (settings.mode) {
    case 'local':
      return new LocalLauncher(settings);
    case 'docker':
      return new DockerLauncher(settings);
    case 'c_api':
      return new CApiLauncher(settings);
    case 'remote':
      return new RemoteLauncher(settings);
  }
}
