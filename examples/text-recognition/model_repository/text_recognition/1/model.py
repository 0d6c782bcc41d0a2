"""PP-OCRv4 text recognition on ONNX Runtime.

Serves model.onnx (the folder's own) the way Triton's ONNX Runtime backend would: one session per
instance, the requests of one execute() call run as one batch, and `optimization.execution_accelerators`
of config.pbtxt chooses the execution provider.
"""

import json
import os

import numpy as np
import onnxruntime as ort
import triton_python_backend_utils as pb_utils

# Triton's accelerator names and ONNX Runtime's names for the same thing.
CPU_PROVIDERS = {"openvino": "OpenVINOExecutionProvider"}
GPU_PROVIDERS = {"tensorrt": "TensorrtExecutionProvider", "cuda": "CUDAExecutionProvider"}


def provider_options(name, parameters, device):
    """The accelerator's parameters, in Triton's words, as the options of ONNX Runtime's provider."""
    if name == "tensorrt":
        return {
            "device_id": device,
            "trt_fp16_enable": parameters.get("precision_mode", "FP32").upper() == "FP16",
            "trt_int8_enable": parameters.get("precision_mode", "FP32").upper() == "INT8",
            "trt_max_workspace_size": parameters.get("max_workspace_size_bytes", str(1 << 30)),
            # Where engines are kept, so that one is built once (tma's --cache-directory sets these).
            "trt_engine_cache_enable": parameters.get("trt_engine_cache_enable", "false") == "true",
            "trt_engine_cache_path": parameters.get("trt_engine_cache_path", ""),
        }
    if name == "cuda":
        return {"device_id": device}
    if name == "openvino":
        options = {"device_type": "CPU", "num_of_threads": parameters.get("num_of_threads", "1")}
        return {**options, "cache_dir": parameters["cache_dir"]} if "cache_dir" in parameters else options
    return {}


def execution_providers(config, kind, device):
    """The providers to try, in order; raises when one that was asked for is not in this build."""
    accelerators = config.get("optimization", {}).get("execution_accelerators", {})
    on_gpu = kind == "GPU"
    asked = accelerators.get("gpu_execution_accelerator" if on_gpu else "cpu_execution_accelerator", [])
    known = GPU_PROVIDERS if on_gpu else CPU_PROVIDERS
    providers = []
    for accelerator in asked:
        name = accelerator["name"]
        if name not in known:
            raise pb_utils.TritonModelException(f"unknown execution accelerator '{name}', known here: {', '.join(known)}")
        providers.append((known[name], provider_options(name, accelerator.get("parameters", {}), device)))
    providers.append(("CUDAExecutionProvider", {"device_id": device}) if on_gpu else ("CPUExecutionProvider", {}))
    available = ort.get_available_providers()
    for provider, _ in providers:
        if provider not in available:
            raise pb_utils.TritonModelException(
                f"{provider} is not in this ONNX Runtime {ort.__version__} (it has {', '.join(available)})"
            )
    return providers


class TritonPythonModel:
    def initialize(self, args):
        config = json.loads(args["model_config"])
        parameters = {key: value["string_value"] for key, value in config.get("parameters", {}).items()}
        options = ort.SessionOptions()
        # One thread an instance, so that the instance count decides how many cores are used.
        options.intra_op_num_threads = int(parameters.get("intra_op_threads", "1"))
        options.inter_op_num_threads = 1
        providers = execution_providers(config, args["model_instance_kind"], args["model_instance_device_id"])
        path = os.path.join(args["model_repository"], args["model_version"], "model.onnx")
        self.session = ort.InferenceSession(path, options, providers=providers)
        self.input = self.session.get_inputs()[0].name

    def execute(self, requests):
        inputs = [pb_utils.get_input_tensor_by_name(request, "x").as_numpy() for request in requests]
        batch = inputs[0] if len(inputs) == 1 else np.concatenate(inputs)
        result = self.session.run(None, {self.input: batch})[0]
        responses, start = [], 0
        for tensor in inputs:
            rows = result[start : start + len(tensor)]
            start += len(tensor)
            responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("y", rows)]))
        return responses

    def finalize(self):
        self.session = None
