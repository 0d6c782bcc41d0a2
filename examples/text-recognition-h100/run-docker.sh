#!/bin/sh
# The same in containers of a real Docker engine, the GPU passed through by CDI; no network, no image to pull, no
# NVIDIA container toolkit: the container's root is an empty image with the machine's own folders bound into it.
#   sh run-docker.sh start engine.tar.xz [nocdi]   starts the engine (nocdi: one that knows no GPU)
#   sh run-docker.sh OUT [more flags of tma profile]
set -e
here=$(cd "$(dirname "$0")" && pwd)
. "$here/unpack.sh"
state=/opt/tma-engine
export DOCKER_HOST=unix://$state/docker.sock
if [ "$1" = start ]; then
  unpack "$2"
  mkdir -p $state/cdi
  [ ! -f $state/dockerd.pid ] || { kill "$(cat $state/dockerd.pid)"; sleep 3; }
  cdi=true
  [ "$3" != nocdi ] || cdi=false
  cat >$state/cdi/nvidia.json <<SPEC
{"cdiVersion": "0.5.0", "kind": "nvidia.com/gpu", "devices": [{"name": "0", "containerEdits": {"deviceNodes": [
  {"path": "/dev/nvidia0"}, {"path": "/dev/nvidiactl"}, {"path": "/dev/nvidia-uvm"}, {"path": "/dev/nvidia-uvm-tools"}]}}]}
SPEC
  cat >$state/daemon.json <<CONFIG
{"features": {"cdi": $cdi}, "cdi-spec-dirs": ["$state/cdi"], "iptables": false, "bridge": "none"}
CONFIG
  export PATH=/opt/tma/engine:$PATH LD_LIBRARY_PATH=/opt/tma/engine:$LD_LIBRARY_PATH
  setsid dockerd --config-file $state/daemon.json --data-root $state/data --exec-root $state/exec \
    --pidfile $state/dockerd.pid -H $DOCKER_HOST >$state/dockerd.log 2>&1 </dev/null &
  for _ in $(seq 100); do [ -S $state/docker.sock ] && break; sleep 0.2; done
  sleep 1
  root=$(mktemp -d)
  mkdir -p "$root/usr" "$root/lib" "$root/lib64" "$root/bin" "$root/opt" "$root/etc" "$root/tmp" "$root/root"
  tar -C "$root" -c . | curl -sS --unix-socket $state/docker.sock -H 'Content-Type: application/x-tar' \
    --data-binary @- "http://engine/images/create?fromSrc=-&repo=empty&tag=root"
  exit 0
fi
out=$(mkdir -p "$1" && cd "$1" && pwd)
shift
cat "$here/perf.yaml" - >"$out/perf.yaml" <<YAML
triton_docker_image: empty:root
triton_docker_mounts: [/usr:/usr:ro, /lib:/lib:ro, /lib64:/lib64:ro, /bin:/bin:ro, /opt:/opt:ro, /etc:/etc:ro]
triton_docker_args: { network: host }
triton_server_environment:
  PATH: /opt/tma/cache/triton-2.51.0/bin:\$PATH
  LD_LIBRARY_PATH: \$LD_LIBRARY_PATH
  PYTHONPATH: \$PYTHONPATH
  HOME: /tmp
YAML
cd "$here"
exec tma profile --model-repository ./model_repository --triton-launch-mode=docker \
  --output-model-repository-path "$out/model_analyzer_output" -f "$out/perf.yaml" --override-output-model-repository \
  --latency-budget 10 --export-path "$out" --checkpoint-directory "$out/checkpoints" "$@"
