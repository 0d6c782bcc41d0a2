import { nativeGenerator } from '../../../src/load/native/native.ts';
import { loadGeneratorContract } from '../../contract/load-generator.ts';

loadGeneratorContract(nativeGenerator);
