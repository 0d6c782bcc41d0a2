import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { inFlight } from '../../../src/record/load-point.ts';
import type { Deployment } from '../../../src/report/deployment/deployment.ts';
import { helmValues } from '../../../src/report/deployment/helm-values.ts';
import { kserveService, STORAGE_PLACEHOLDER } from '../../../src/report/deployment/kserve-service.ts';
import { kubernetesNames } from '../../../src/report/deployment/kubernetes-name.ts';

const schema = JSON.parse(readFileSync('test/fixtures/kserve/inferenceservice.schema.json', 'utf8'));
const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);

const deployment = (changes: Partial<Deployment> = {}): Deployment => ({
  model: 'text_recognition',
  variant: 'text_recognition_config_2',
  capacity: {
    inferencesPerSecond: 93.1,
    measured: 101,
    point: inFlight('text_recognition', 4),
    arrivals: 'closed',
    inFlight: 4,
    constraints: 'met',
    notes: ['measured with 4 in flight'],
  },
  replicas: { requestRate: 500, headroom: 0.2, needed: 7, used: 0.767 },
  peak: undefined,
  resources: { cpuCores: 3, memoryMi: 584, gpus: 1, notes: [] },
  image: 'nvcr.io/nvidia/tritonserver:24.10-py3',
  ...changes,
});

const kserve = (changes: Partial<Deployment> = {}, uri: string | undefined = 'gs://bucket/models') =>
  kserveService(deployment(changes), 'text-recognition', uri).text;
const helm = (changes: Partial<Deployment> = {}) => helmValues(deployment(changes), 'text-recognition').text;

describe('an InferenceService', () => {
  test('as a whole', async () => {
    await expect(kserve()).toMatchFileSnapshot('../../golden/inferenceservice.yaml');
  });

  test.each([
    ['of a model on a GPU', {}],
    ['on the CPU', { resources: { cpuCores: 1, memoryMi: 100, gpus: 0, notes: [] } }],
    ['of which little is known', { capacity: undefined, replicas: undefined, image: undefined }],
    [
      'whose resources were not measured',
      { resources: { cpuCores: undefined, memoryMi: undefined, gpus: 0, notes: [] } },
    ],
    ['of an image of their own', { image: 'registry.local:5000/triton@sha256:abc' }],
    ['with a peak', { peak: { requestRate: 900, headroom: 0.2, needed: 12, used: 0.8 } }],
  ] satisfies [string, Partial<Deployment>][])("KServe's schema takes one %s", (_name, changes) => {
    validate(parse(kserve(changes)));
    expect(validate.errors).toBeNull();
  });

  test('without an address of the repository KServe refuses it, and a line says what to write', () => {
    const text = kserveService(deployment(), 'm', undefined).text;
    expect(parse(text).spec.predictor.model.storageUri).toBe(STORAGE_PLACEHOLDER);
    expect(validate(parse(text))).toBe(false);
    expect(text).toContain('# storageUri: put the model repository');
  });

  test('the release of an official image is the version of the runtime, another image is named', () => {
    const modelOf = (image: string) => parse(kserve({ image })).spec.predictor.model;
    expect(modelOf('nvcr.io/nvidia/tritonserver:24.10-py3')).toMatchObject({ runtimeVersion: '24.10-py3' });
    expect(modelOf('mine/triton:1')).toMatchObject({ image: 'mine/triton:1' });
  });

  test('replicas are those that are needed, up to those of the peak', () => {
    const of = (changes: Partial<Deployment>) => parse(kserve(changes)).spec.predictor;
    expect(of({})).toMatchObject({
      minReplicas: 7,
      maxReplicas: 7,
      scaleMetric: 'concurrency',
      scaleTarget: 4,
    });
    const peak = { requestRate: 900, headroom: 0.2, needed: 12, used: 0.8 };
    expect(of({ peak })).toMatchObject({ minReplicas: 7, maxReplicas: 12 });
    const unasked = of({ replicas: undefined });
    expect(unasked).toMatchObject({ minReplicas: 1 });
    expect(unasked).not.toHaveProperty('maxReplicas');
  });
});

describe('Helm values', () => {
  test('as a whole', async () => {
    await expect(helm()).toMatchFileSnapshot('../../golden/helm-values.yaml');
  });

  test('an autoscaler has something to do only where the peak takes more', () => {
    const peak = { requestRate: 900, headroom: 0.2, needed: 12, used: 0.8 };
    expect(parse(helm()).autoscaling).toMatchObject({ enabled: false, minReplicas: 7, maxReplicas: 7 });
    expect(parse(helm({ peak })).autoscaling).toMatchObject({ enabled: true, maxReplicas: 12 });
  });

  test('a model on the CPU asks for no GPU', () => {
    const values = parse(helm({ resources: { cpuCores: 1, memoryMi: 10, gpus: 0, notes: [] } }));
    expect(values.image.numGpus).toBe(0);
    expect(values.resources).toEqual({
      requests: { cpu: '1', memory: '10Mi' },
      limits: { cpu: '1', memory: '10Mi' },
    });
  });
});

test.each(['no', 'on', 'y', '0o14', '0777', '1_000', '12:30:00', '2001-01-01', '=', '~', 'null', '1e3'])(
  '%s is quoted, as readers of YAML 1.1 take it for no text',
  (word) => {
    expect(helm({ image: word })).toContain(`imageName: "${word}"`);
  },
);

test('whatever models, configurations and images are called, it is one document with what was meant', () => {
  const letters = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(letters, letters, letters, (model, variant, image) => {
      const name = kubernetesNames([model]).get(model)!;
      const odd = deployment({ model, variant, image });
      for (const text of [kserveService(odd, name, image).text, helmValues(odd, name).text]) {
        const documents = parseAllDocuments(text);
        expect(documents).toHaveLength(1);
        expect('errors' in documents ? [] : documents[0]!.errors).toEqual([]);
      }
      const service = parse(kserveService(odd, name, 'gs://bucket').text);
      validate(service);
      expect(validate.errors).toBeNull();
      expect(parse(helmValues(odd, name).text).image.imageName).toBe(image);
    }),
  );
});
