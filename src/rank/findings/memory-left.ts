import { counted, formatBytes } from '../../ground/wording.ts';
import { isClientBound } from '../../record/measurement.ts';
import type { Rule } from './rule.ts';
import { evidenceOf, isSound } from './scene.ts';
import { familyOf, INSTANCES, instancesOf, memoryBetween, plateauOf } from './setting-family.ts';

const [USED, FREE] = ['gpu_used_memory', 'gpu_free_memory'];

export const memoryLeft: Rule = {
  name: 'memory-left',
  kind: 'gain',
  speaks:
    'what one instance takes of GPU memory is known from two configurations that differ in instances alone, as much and more is free on every GPU, and nothing says that more instances gain nothing',
  find(scene) {
    const { shown } = scene;
    const { measurement } = shown.best;
    if (instancesOf(shown.trial)?.kind === 'CPU' || isClientBound(measurement) || !isSound(measurement))
      return undefined;
    const family = familyOf(scene, INSTANCES);
    const at = family.findIndex(({ entry }) => entry === shown);
    const [fewest, last] = [family[0], family[at]];
    if (!fewest || !last || fewest === last || at < family.length - 1 || plateauOf(scene, family))
      return undefined;
    if (!isSound(fewest.entry.best.measurement) || !memoryBetween(fewest, last)) return undefined;
    const rooms = Object.keys(measurement.gpus).map((uuid) => {
      const [before, now] = [fewest.entry.best.measurement.gpus[uuid], measurement.gpus[uuid]];
      const [used, less, free] = [now?.[USED!], before?.[USED!], now?.[FREE!]];
      if (used === undefined || less === undefined || free === undefined) return undefined;
      return { each: (used - less) / (last.value - fewest.value), free };
    });
    const known = rooms.filter((room) => room !== undefined);
    if (known.length === 0 || known.length < rooms.length) return undefined;
    // A GPU that no instance runs on takes nothing more.
    const tight = known
      .filter(({ each }) => each > 1)
      .toSorted((a, b) => a.free / a.each - b.free / b.each)[0];
    const more = tight ? Math.floor(tight.free / tight.each) : 0;
    if (!tight || more < 1) return undefined;
    return {
      text: `GPU memory is left for ${counted(more, 'more instance')} (instance_group) of ${shown.trial.name}: one takes ${formatBytes(tight.each * 1e6)}, and ${formatBytes(tight.free * 1e6)} are free under load.`,
      evidence: [fewest, last].map(({ entry }) => evidenceOf(entry, entry.best.measurement, [USED!, FREE!])),
      worth: Math.min(1, more / (more + last.value)) / 2,
    };
  },
};
