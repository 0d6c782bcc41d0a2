import type { LoadGenerator } from '../load/load-generator.ts';
import type { GpuMonitor } from '../measure/gpu-monitor.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import type { Launcher, Leaving, Preparation, ServerIdentity } from '../server/launcher.ts';
import { askConfig } from '../trial/ask-config.ts';
import { type OpenTrial, openTrial } from '../trial/trial.ts';
import { type OnTrialEvent, saysServerIsUp } from '../trial/trial-event.ts';
import type { Executor, Slot, SpecFor } from './executor.ts';
import type { Lane } from './lanes.ts';
import { Neighbours } from './neighbours.ts';
import { trialPlaceOf } from './place.ts';
import { withNeighbours } from './with-neighbours.ts';

/** What the lanes of a machine work with. */
export interface LocalTools {
  readonly lanes: readonly Lane[];
  /** One for each lane. */
  readonly launchers: readonly Launcher[];
  readonly generator: LoadGenerator;
  readonly monitor: GpuMonitor | undefined;
}

/** Runs trials in this process, a slot for each lane of the machine. */
export class LocalExecutor implements Executor {
  readonly name: string;
  readonly #tools: LocalTools;
  readonly #neighbours = new Neighbours();

  constructor(tools: LocalTools) {
    this.#tools = tools;
    this.name = tools.launchers[0]!.name;
  }

  async prepare(need: Preparation): Promise<ServerIdentity> {
    let identity: ServerIdentity | undefined;
    // One after the other, so that an image is pulled once.
    for (const launcher of this.#tools.launchers) identity = await launcher.prepare(need);
    return identity!;
  }

  async askConfig(spec: SpecFor, on: OnTrialEvent, signal: AbortSignal): Promise<ModelConfig> {
    const { lanes, launchers, generator, monitor } = this.#tools;
    const tools = { launcher: launchers[0]!, generator, monitor };
    return await askConfig({ ...spec, place: trialPlaceOf(lanes[0]!, spec.settings) }, tools, on, signal);
  }

  /** The other lanes come when a server of the first is up: one that does not start at all is told once. */
  async *slots(over: AbortSignal): AsyncIterable<Slot> {
    const [first, ...others] = this.#tools.lanes.map((lane, index) => this.#slot(lane, index));
    const up = Promise.withResolvers<void>();
    over.addEventListener('abort', () => up.resolve(), { once: true });
    yield {
      id: first!.id,
      open: (spec, on, signal) => {
        const heard: OnTrialEvent = (event) => {
          if (saysServerIsUp(event)) up.resolve();
          on(event);
        };
        return first!.open(spec, heard, signal);
      },
    };
    if (others.length === 0) return;
    await up.promise;
    if (!over.aborted) yield* others;
  }

  #slot(lane: Lane, index: number): Slot {
    const { launchers, generator, monitor } = this.#tools;
    const tools = { launcher: launchers[index]!, generator, monitor };
    return {
      id: String(index),
      open: async (spec, on, signal): Promise<OpenTrial> => {
        const place = trialPlaceOf(lane, spec.settings);
        const trial = await openTrial({ ...spec, place }, tools, on, signal);
        return withNeighbours(trial, this.#neighbours, on);
      },
    };
  }

  async close(leaving?: Leaving): Promise<void> {
    await Promise.all(this.#tools.launchers.map((launcher) => launcher.close(leaving)));
  }
}
