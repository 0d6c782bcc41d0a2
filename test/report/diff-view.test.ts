import { expect, test } from 'vitest';
import { diffText } from '../../src/model-config/diff.ts';
import { diffCopy, diffView } from '../../src/report/diff-view.ts';

const before = `name: "m"
max_batch_size: 8
input: {
  name: "a"
  data_type: TYPE_FP32
  dims: 1
  dims: 2
  dims: 3
}
instance_group: {
  kind: KIND_CPU
  gpus: 0
  gpus: 1
  gpus: 2
  count: 1
}
version_policy: {
  all: {}
}
a: 1
b: 2
`;

test('three lines around a change; what is left out says how much it is, and in what the next line stands', () => {
  const after = before.replace('count: 1', 'count: 2').replace('max_batch_size: 8', 'max_batch_size: 4');
  const view = diffView(diffText(before, after));
  expect(diffCopy(view)).toBe(`  name: "m"
- max_batch_size: 8
+ max_batch_size: 4
  input: {
    name: "a"
    data_type: TYPE_FP32
⋯ 6 lines as before; then in instance_group: {
    gpus: 0
    gpus: 1
    gpus: 2
-   count: 1
+   count: 2
  }
  version_policy: {
    all: {}
⋯ 3 lines as before
`);
  expect(view.map(({ kind }) => kind).filter((kind) => kind !== 'kept')).toEqual([
    'removed',
    'added',
    'gap',
    'removed',
    'added',
    'gap',
  ]);
});

test('no change is no difference', () => {
  expect(diffView(diffText(before, before))).toEqual([]);
});
