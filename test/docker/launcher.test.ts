import { DockerLauncher } from '../../src/server/docker/docker.ts';
import { launcherContract } from '../contract/launcher.ts';
import { launchSettings } from '../support/experiment.ts';
import { noDocker } from './docker.ts';

if (!noDocker)
  launcherContract('docker', async () => new DockerLauncher(launchSettings({ mode: 'docker' })), true);
