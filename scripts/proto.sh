#!/bin/sh
# Makes src/model-config/gen anew from Triton's published descriptors (PyPI's tritonclient carries them).
set -e
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q 'tritonclient[grpc]==2.73.0'
"$work/venv/bin/python" - "$work/set.binpb" <<'PY'
import sys
from google.protobuf import descriptor_pb2
from tritonclient.grpc import model_config_pb2, service_pb2
files = descriptor_pb2.FileDescriptorSet()
for module in (model_config_pb2, service_pb2):
    module.DESCRIPTOR.CopyToProto(files.file.add())
open(sys.argv[1], "wb").write(files.SerializeToString())
PY
cat > "$work/buf.gen.yaml" <<YAML
version: v2
inputs:
  - binary_image: $work/set.binpb
plugins:
  - local: protoc-gen-es
    out: src/model-config/gen
    opt: [target=ts, import_extension=ts, erasable_syntax=true]
YAML
npm exec --yes --package=@bufbuild/buf@1.75.0 --package=@bufbuild/protoc-gen-es@2.17.0 -- \
  buf generate --template "$work/buf.gen.yaml"
