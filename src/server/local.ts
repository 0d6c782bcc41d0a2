import type { LaunchSettings } from '../config/experiment.ts';
import { Guard } from './guard.ts';
import { environmentScript, programHash } from './installation.ts';
import { type Launcher, type LaunchRequest, type Server, ServerFailure } from './launcher.ts';
import { locateTritonServer } from './locate.ts';
import { choosePorts } from './ports.ts';
import { pythonPackages } from './python-packages.ts';
import { whenReady } from './ready.ts';
import { clearAbandoned } from './traces.ts';

const LAUNCH_ATTEMPTS = 3;

/** Runs tritonserver as a process of this machine, bound to the loopback address only. */
export class LocalLauncher implements Launcher {
  readonly name = 'local';
  readonly #settings: LaunchSettings;
  readonly #path: string;
  readonly #guard = new Guard();

  /** @throws UserError when there is no tritonserver. */
  constructor(settings: LaunchSettings) {
    this.#settings = settings;
    this.#path = locateTritonServer(settings.serverPath);
  }

  async prepare() {
    clearAbandoned();
    const packages = () => pythonPackages(environmentScript(this.#path));
    return { path: this.#path, hash: programHash(this.#path), packages };
  }

  async launch(request: LaunchRequest): Promise<Server> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#launchOnce(request);
      } catch (error) {
        // Between choosing a free port and binding it, somebody else may have taken it.
        const lostPort = error instanceof ServerFailure && error.failure.kind === 'port taken';
        if (!lostPort || attempt === LAUNCH_ATTEMPTS) throw error;
      }
    }
  }

  async close(): Promise<void> {
    this.#guard.close();
  }

  async #launchOnce(request: LaunchRequest): Promise<Server> {
    const { startServer } = await import('./local-server.ts');
    const ports = await choosePorts(this.#settings.ports);
    const server = startServer(this.#path, request, ports, this.#guard);
    return await whenReady(server, this.#settings.readyTimeoutS, request.signal);
  }
}
