"""Scene text recognition in PyTorch: a ResNet over a grey picture of 32 x 100, a column of it a letter (CTC).

The weights are random but always the same: what is measured is how the network is served, not what it reads. The
requests of one execute() call run as one batch, on the device of the instance.
"""

import numpy as np
import torch
import triton_python_backend_utils as pb_utils
from torch import nn

CLASSES = 37


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        same = inputs == outputs
        self.shortcut = nn.Identity() if same else nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x):
        return torch.relu(self.body(x) + self.shortcut(x))


def stage(inputs, outputs, blocks):
    return nn.Sequential(*(Block(inputs if i == 0 else outputs, outputs) for i in range(blocks)))


class Recognizer(nn.Module):
    """[N, 1, 32, 100] -> [N, 26, 37]."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 64, 3, padding=1),
            nn.MaxPool2d(2),  # 16 x 50
            stage(64, 128, 1),
            nn.MaxPool2d(2),  # 8 x 25
            stage(128, 256, 2),
            nn.MaxPool2d((2, 1), (2, 1), (0, 0)),  # 4 x 25
            stage(256, 512, 5),
            nn.Conv2d(512, 512, 2, stride=(2, 1), padding=(0, 1)),  # 2 x 26
            stage(512, 512, 3),
        )
        self.letters = nn.Linear(512, CLASSES)

    def forward(self, x):
        columns = self.features(x).mean(dim=2).permute(0, 2, 1)
        return self.letters(columns)


class TritonPythonModel:
    def initialize(self, args):
        on_gpu = args["model_instance_kind"] == "GPU"
        if on_gpu and not torch.cuda.is_available():
            raise pb_utils.TritonModelException("PyTorch sees no GPU for this KIND_GPU instance")
        self.device = torch.device(f"cuda:{args['model_instance_device_id']}" if on_gpu else "cpu")
        torch.manual_seed(0)
        self.model = Recognizer().eval().to(self.device)
        # The kernels are chosen at the first batch of each size, which no request should wait for.
        with torch.inference_mode():
            for size in (1, 2, 4, 8):
                self.model(torch.zeros(size, 1, 32, 100, device=self.device))

    def execute(self, requests):
        inputs = [pb_utils.get_input_tensor_by_name(request, "input.1").as_numpy() for request in requests]
        batch = torch.from_numpy(inputs[0] if len(inputs) == 1 else np.concatenate(inputs))
        with torch.inference_mode():
            result = self.model(batch.to(self.device)).cpu().numpy()
        responses, start = [], 0
        for tensor in inputs:
            rows = result[start : start + len(tensor)]
            start += len(tensor)
            responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("308", rows)]))
        return responses
