import type { LaunchSettings, ModelPlan } from '../config/experiment.ts';
import type { Lane } from '../executor/lanes.ts';
import type { ServerIdentity } from '../server/launcher.ts';
import { inheritedVariables } from '../server/server-environment.ts';
import type { BaseModel } from '../variant/base.ts';

/** What may change a figure beside the model, the server and its place; absent where it is as usual. */
export interface Surroundings {
  /** Variables that the server has of whoever calls tma, and that are known to change how fast it is or what it loads. */
  readonly inherited?: Readonly<Record<string, string>>;
  /** A hash of the packages that the model's code in Python finds. */
  readonly packages?: string | undefined;
  /** One server for all variants: what it uses holds what others left. */
  readonly reuse?: boolean;
}

/** Only a server of this machine inherits anything; what a container has is its image's. */
export async function surroundingsOf(
  launch: LaunchSettings,
  { gpus }: Lane,
  { serverEnvironment: environment }: ModelPlan,
  { python }: Pick<BaseModel, 'python'>,
  { packages }: Pick<ServerIdentity, 'packages'>,
): Promise<Surroundings> {
  const { mode, cacheDirectory } = launch;
  return {
    reuse: launch.reuse && (mode === 'local' || mode === 'docker'),
    ...((mode === 'local' || mode === 'c_api') && {
      inherited: inheritedVariables({ environment, gpus, cacheDirectory }, python?.reads),
      packages: python && (await packages?.()),
    }),
  };
}
