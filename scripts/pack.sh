#!/bin/sh
# Packs what a machine without a network needs to run tma, in parts that travel one by one.
#   sh scripts/pack.sh FOLDER PYTHON_VERSION [PART ...]     (3.12: the Python of the models there)
# Makes in FOLDER: server.tar.xz (the tritonserver of `tma install triton`, and numpy), tma.tar.xz (Node, tma, its packages),
# as root on Debian engine.tar.xz (a Docker engine that knows CDI), and where it is named ocr.tar.xz (what
# examples/text-recognition needs on a CPU beside the server: ONNX Runtime with OpenVINO, and ocr/model.onnx).
# There: `tar -xJf PART -C /opt/tma`, then
#   TMA_CACHE=/opt/tma/cache PATH=/opt/tma/bin:$PATH tma profile -f perf.yaml
set -e
cd "$(dirname "$0")/.."
out=$(realpath -m "$1") python=$2
[ $# -lt 3 ] && parts="server tma engine" || { shift 2; parts=$*; }
wants() { case " $parts " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }
[ -n "$python" ] || { echo "usage: pack.sh FOLDER PYTHON_VERSION [server] [tma] [engine] [ocr]" >&2; exit 2; }
cache=${TMA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tma}
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pack() { tar -C "$work/$1" -c . | xz -T0 -9 >"$out/$1.tar.xz"; rm -rf "${work:?}/$1"; ls -lh "$out/$1.tar.xz" | awk '{print $5, $9}'; }
# packages PART PACKAGE ...: for the Python there, without what they depend on.
packages() {
  to=$work/$1/site; shift
  python3 -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --only-binary=:all: --python-version "$python" \
    --implementation cp --platform manylinux2014_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux_2_28_x86_64 --target "$to" "$@"
}

if wants server; then
  triton=$cache/triton-2.51.0
  to=$work/server/cache/triton-2.51.0
  mkdir -p "$to/backends" "$to/wheel/pytriton/tritonserver"
  cp -r "$triton/bin" "$to/"
  cp -r "$triton/backends/$python" "$to/backends/"
  cp -r "$triton/wheel/nvidia_pytriton.libs" "$to/wheel/"
  for part in bin caches external_libs; do
    [ ! -d "$triton/wheel/pytriton/tritonserver/$part" ] || cp -r "$triton/wheel/pytriton/tritonserver/$part" "$to/wheel/pytriton/tritonserver/"
  done
  # The Python backend of this Triton was made for numpy 1.
  packages server 'numpy<2'
  pack server
fi

if wants tma; then
  app=$work/tma/app
  mkdir -p "$app" "$work/tma/bin"
  node_modules/.bin/tsc -p tsconfig.build.json
  cp -r dist templates package.json package-lock.json .npmrc .puppeteerrc.cjs "$app/"
  (cd "$app" && npm install --omit=dev --no-audit --no-fund --loglevel=error --no-save >/dev/null)
  # What only a browser's download, types and sources need.
  find "$app/node_modules" \( -name '*.d.ts' -o -name '*.map' -o -name '*.md' -o -name '*.ts' \) -type f -delete
  cp "$(node_modules/.bin/node -p process.execPath)" "$work/tma/bin/node"
  printf '#!/bin/sh\nexec "$(dirname "$(readlink -f "$0")")/node" "$(dirname "$(readlink -f "$0")")/../app/dist/cli/main.js" "$@"\n' >"$work/tma/bin/tma"
  chmod 755 "$work/tma/bin/tma" "$app/dist/cli/main.js"
  pack tma
fi

if wants ocr; then
  packages ocr -r examples/text-recognition/requirements.txt
  # Not what the model imports, plugins for other devices, and copies of libraries under names that nothing loads.
  (cd "$work/ocr/site/onnxruntime" && rm -rf backend datasets quantization tools transformers && cd capi &&
    rm -f libonnxruntime.so.* libopenvino_c.so* libopenvino_intel_[gn]pu_plugin.so libopenvino_auto_plugin.so \
      libopenvino_hetero_plugin.so libopenvino.so libopenvino_onnx_frontend.so libtbb.so ./*.so.*.*.*)
  mkdir "$work/ocr/ocr"
  cp examples/text-recognition/model_repository/text_recognition/1/model.onnx "$work/ocr/ocr/"
  pack ocr
fi

wants engine && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || exit 0
# Debian 13's engine (26.1) by its own package lists, so that nothing of this machine changes; Debian 12's runc.
apt=$work/apt
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$work/debs" "$work/engine"
printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian %s main\n' trixie bookworm >"$apt/sources.list"
options="-qq -o Dir::Etc::sourcelist=$apt/sources.list -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists=$apt/lists -o Dir::Cache=$apt/cache -o APT::Sandbox::User=root"
# shellcheck disable=SC2086
apt-get $options update
# shellcheck disable=SC2086
(cd "$work/debs" && apt-get $options download docker.io/trixie containerd/trixie tini/trixie runc/bookworm libseccomp2/bookworm)
for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$work/root"; done
mkdir -p "$work/engine/engine"
for program in dockerd docker-proxy containerd containerd-shim-runc-v2 runc tini-static; do
  cp "$(find "$work/root" -type f -path '*bin/*' -name "$program" | head -1)" "$work/engine/engine/"
done
cp -L "$(find "$work/root" -name 'libseccomp.so.2*' | head -1)" "$work/engine/engine/libseccomp.so.2"
mv "$work/engine/engine/tini-static" "$work/engine/engine/docker-init"
pack engine
