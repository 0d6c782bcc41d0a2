import { UserError } from '../ground/errors.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import { faultOfFailure } from '../server/failure.ts';
import { type Server, ServerFailure } from '../server/launcher.ts';
import { loadModel } from '../server/load-model.ts';
import { TritonError } from '../server/triton.ts';
import { noServer } from './no-server.ts';
import { filesFor, launchServer, leaveServer } from './serving.ts';
import { tellableFor } from './tellable.ts';
import type { Tools } from './tools.ts';
import type { OnTrialEvent } from './trial-event.ts';
import type { TrialSpec } from './trial-spec.ts';

/**
 * The configuration that the server has or completes for a model without a config.pbtxt of ours.
 * @param spec of the default, without a configuration.
 * @throws UserError when no server starts, or it does not serve or complete the model.
 */
export async function askConfig(
  spec: TrialSpec,
  { launcher }: Tools,
  on: OnTrialEvent,
  signal: AbortSignal,
): Promise<ModelConfig> {
  const redact = tellableFor(spec.settings);
  const [model] = spec.models;
  const server = await launchServer(spec, launcher, on, signal).catch((error: unknown) => {
    if (!(error instanceof ServerFailure)) throw error;
    const { kind, cause, advice } = error.failure;
    const { logFile } = spec;
    throw noServer({ kind, cause: redact(cause), advice, logTail: error.logTail.map(redact), logFile });
  });
  try {
    return await configOn(server, spec, signal);
  } catch (error) {
    if (error instanceof TritonError) {
      const refused = error.kind === 'refused';
      throw new UserError({
        message: `the server does not serve model "${model.name}": ${error.message}`,
        hint: refused
          ? 'load it there first, or leave --reload-model-disable out'
          : 'is that really Triton, and is it well?',
        fault: refused ? 'input' : 'environment',
      });
    }
    if (!(error instanceof ServerFailure)) throw error;
    const { kind, advice } = error.failure;
    throw new UserError({
      message: `model "${model.name}" has no config.pbtxt, and the server can't complete one: ${kind}: ${redact(error.message)}`,
      hint: `write a config.pbtxt for it; ${advice}`,
      // What a server says that no rule knows is about the model that it was to complete.
      fault: kind === 'other' ? 'input' : faultOfFailure(kind),
    });
  } finally {
    await leaveServer(server, model.name, signal);
  }
}

async function configOn(server: Server, spec: TrialSpec, signal: AbortSignal): Promise<ModelConfig> {
  const [model] = spec.models;
  if (server.controlled) {
    const files = await filesFor(server, model);
    await loadModel(server, model.name, files && { name: model.name }, {
      timeoutS: spec.settings.launch.loadTimeoutS,
      signal,
      files,
    });
  }
  return await server.triton.config(model.name, { signal });
}
