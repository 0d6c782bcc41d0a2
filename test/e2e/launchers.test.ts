import { installedTriton } from '../../src/install/cache.ts';
import { LocalLauncher } from '../../src/server/local.ts';
import { RemoteLauncher } from '../../src/server/remote.ts';
import { ReusingLauncher } from '../../src/server/reuse.ts';
import { launcherContract } from '../contract/launcher.ts';
import { launchSettings } from '../support/experiment.ts';
import { MODELS, somebodysServer } from './somebodys-server.ts';

const local = (): LocalLauncher => new LocalLauncher(launchSettings({ serverPath: installedTriton() }));

launcherContract('local', async () => local(), true);
launcherContract('one server for many', async () => new ReusingLauncher(local()), false);
for (const protocol of ['http', 'grpc'] as const) {
  launcherContract(
    `remote by ${protocol}`,
    async () => {
      const server = await somebodysServer(MODELS, '--model-control-mode=explicit');
      const remote = { ...server.remote, ...(protocol === 'grpc' && { http: undefined }) };
      const launcher = new RemoteLauncher(launchSettings({ mode: 'remote', remote }));
      const close = launcher.close.bind(launcher);
      launcher.close = async () => {
        await close();
        await server.stop();
      };
      return launcher;
    },
    false,
  );
}
