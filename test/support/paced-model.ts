import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const modelPy = (pace: string): string => `import time
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        with open("${pace}") as file:
            seconds = float(file.read())
        time.sleep(seconds * len(requests))
        return [
            pb_utils.InferenceResponse(
                [pb_utils.Tensor("Y", pb_utils.get_input_tensor_by_name(request, "X").as_numpy())]
            )
            for request in requests
        ]
`;

const CONFIG = `backend: "python"
max_batch_size: 2
input [{ name: "X", data_type: TYPE_FP32, dims: [4] }]
output [{ name: "Y", data_type: TYPE_FP32, dims: [4] }]
instance_group [{ kind: KIND_CPU, count: 1 }]
`;

/**
 * Writes models/paced into a folder: a model whose executions take 20 ms a request, or as long as it is told. What tells it is
 * no file of its own: it gets slower without being another model.
 * @returns sets how many seconds a request takes from now on.
 */
export function pacedModel(cwd: string): (seconds: number) => void {
  const folder = join(cwd, 'models', 'paced');
  const file = join(cwd, 'pace');
  mkdirSync(join(folder, '1'), { recursive: true });
  writeFileSync(join(folder, 'config.pbtxt'), CONFIG);
  writeFileSync(join(folder, '1', 'model.py'), modelPy(file));
  const pace = (seconds: number): void => writeFileSync(file, `${seconds}`);
  pace(0.02);
  return pace;
}
