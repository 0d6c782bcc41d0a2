import fc from 'fast-check';
import { expect, test } from 'vitest';
import { kubernetesNames } from '../../../src/report/deployment/kubernetes-name.ts';

const nameOf = (model: string): string => kubernetesNames([model]).get(model)!;

test.each([
  ['text_recognition', 'text-recognition'],
  ['ResNet50.v2', 'resnet50-v2'],
  ['a,b', 'a-b'],
  ['m', 'm'],
  ['3d', 'model-3d'],
])('%s is %s', (model, name) => {
  expect(nameOf(model)).toBe(name);
});

test.each([
  ['what is lost of it', 'modèle'],
  ['nothing is left', '模型'],
  ['only separators', '__'],
  ['a long one', 'm'.repeat(80)],
  ['hostile', '"; rm -rf / #\n- a: b'],
])('where %s, a hash tells it apart', (_what, model) => {
  expect(nameOf(model)).toMatch(/-[0-9a-f]{8}$/);
});

test('models of one name each have another', () => {
  const names = kubernetesNames(['a_b', 'a-b', 'A_B', 'c']);
  expect(new Set(names.values()).size).toBe(4);
  expect(names.get('c')).toBe('c');
});

test('every name is one of RFC 1123 that KServe takes, whatever a model is called', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ unit: 'binary', minLength: 0, maxLength: 90 })), (models) => {
      const names = [...kubernetesNames(models).values()];
      for (const name of names) {
        expect(name).toMatch(/^[a-z]([-a-z0-9]*[a-z0-9])?$/);
        expect(name.length).toBeLessThanOrEqual(40);
      }
      expect(new Set(names).size).toBe(models.length);
    }),
  );
});
