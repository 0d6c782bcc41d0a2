import { join } from 'node:path';
import type { Exporter } from '../exporter.ts';
import { put, takeBack } from '../put.ts';

/** For each model for which something was decided the config.pbtxt to serve it with. */
export const bestExporter: Exporter = {
  name: 'best',
  format: 'csv',
  async write({ rankings }, to) {
    const files = rankings.flatMap(({ model, winner }) => {
      const file = join('results', 'best', model, 'config.pbtxt');
      // Alone it is not what was measured where the models that it is made of were changed, too.
      if (winner && !winner.trial.composing) return [put(to, file, winner.trial.models[0].configText)];
      // An earlier run's answer is not this one's.
      takeBack(to, file);
      return [];
    });
    return { files, notes: [] };
  },
};
