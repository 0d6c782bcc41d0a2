import { expect, test } from 'vitest';
import { inferPath } from '../../src/load/native/request.ts';
import { isHttpName, modelPath } from '../../src/server/model-path.ts';
import { HttpTriton } from '../../src/server/triton-http.ts';

test('a name goes into the path as it is: Triton decodes nothing', () => {
  for (const name of ['a+b', 'mistral:7b', 'v@2', 'a=b', 'a,b', 'a&b', "a'b", 'a(b)', 'a~b', 'a[b]', 'a;b']) {
    expect(isHttpName(name), name).toBe(true);
    expect(modelPath(name)).toBe(`/v2/models/${name}`);
    expect(inferPath({ model: name, version: '3' })).toBe(`/v2/models/${name}/versions/3/infer`);
  }
});

test('a name that no path can hold is refused with that reason, before anything is sent', async () => {
  const triton = new HttpTriton({ host: '127.0.0.1', port: 1 });
  for (const name of ['a b', 'a%b', 'a?b', 'a#b', 'a/b', 'modèle', '模型', 'a\nb', '']) {
    expect(isHttpName(name), name).toBe(false);
    await expect(triton.metadata(name)).rejects.toThrow(`Triton's HTTP cannot carry the model name`);
    await expect(triton.load(name, undefined)).rejects.toThrow(`Triton's HTTP cannot carry the model name`);
  }
});
