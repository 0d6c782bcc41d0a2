#!/bin/sh
# The study's own analysis run on a GPU machine without a network, from the parts that scripts/pack.sh made:
#   sh run.sh server.tar.xz tma.tar.xz OUT [more flags of tma profile]
# The models' Python is the python3 on PATH and must have PyTorch. What is unpacked already is left alone.
set -e
here=$(cd "$(dirname "$0")" && pwd)
. "$here/unpack.sh"
unpack "$1" "$2"
out=$(mkdir -p "$3" && cd "$3" && pwd)
shift 3
cd "$here"
exec tma profile --model-repository ./model_repository --triton-launch-mode=local \
  --output-model-repository-path "$out/model_analyzer_output" -f perf.yaml --override-output-model-repository \
  --latency-budget 10 --export-path "$out" --checkpoint-directory "$out/checkpoints" "$@"
