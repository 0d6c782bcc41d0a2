import { nativeGenerator } from '../../../src/load/native/native.ts';
import { loadGeneratorContract } from '../../contract/load-generator.ts';

loadGeneratorContract(nativeGenerator);
loadGeneratorContract({
  name: 'native, through a library',
  run: (job) => nativeGenerator.run({ ...job, settings: { ...job.settings, engine: 'library' } }),
});
