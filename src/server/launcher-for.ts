import type { LaunchSettings } from '../config/experiment.ts';
import type { Launcher } from './launcher.ts';

/**
 * The launcher that settings ask for; only that one is loaded.
 * @throws UserError when what it needs is not on this machine.
 */
export async function launcherFor(settings: LaunchSettings): Promise<Launcher> {
  const launcher = await byMode(settings);
  if (!settings.reuse || settings.mode === 'remote' || settings.mode === 'c_api') return launcher;
  const { ReusingLauncher } = await import('./reuse.ts');
  return new ReusingLauncher(launcher);
}

async function byMode(settings: LaunchSettings): Promise<Launcher> {
  switch (settings.mode) {
    case 'local':
      return new (await import('./local.ts')).LocalLauncher(settings);
    case 'docker':
      return new (await import('./docker/docker.ts')).DockerLauncher(settings);
    case 'c_api':
      return new (await import('./c-api.ts')).CApiLauncher(settings);
    case 'remote':
      return new (await import('./remote.ts')).RemoteLauncher(settings);
  }
}
