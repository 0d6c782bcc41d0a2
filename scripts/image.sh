#!/bin/sh
# Builds an image like NVIDIA's tritonserver one on the engine of DOCKER_HOST, without a registry: Debian 12 with
# Python 3.11 by debootstrap, the tritonserver of `tma install triton`, and the packages of the example's model.
#   sh scripts/image.sh [NAME]      root, Debian
# Exits with 3 and the reason where it can't be built.
set -e
cd "$(dirname "$0")/.."
name=${1:-tma/tritonserver:24.10}
cannot() { echo "$*" >&2; exit 3; }
triton=${TMA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tma}/triton-2.51.0
requirements=examples/text-recognition/requirements.txt
[ -d "$triton/wheel" ] || cannot "no tritonserver in $triton: run \`tma install triton\` first"

# Built anew when what it is made of changes.
made=$(cat "$0" $requirements | sha256sum | cut -c1-16)
if [ "$(docker image inspect --format '{{index .Config.Labels "made-of"}}' "$name" 2>/dev/null)" = "$made" ]; then exit 0; fi

[ "$(id -u)" = 0 ] || cannot "building the image needs root"
if ! command -v debootstrap >/dev/null; then
  command -v apt-get >/dev/null || cannot "no debootstrap, and no apt-get to install it"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends debootstrap; } \
    >&2 </dev/null || cannot "debootstrap could not be installed"
fi
echo "== building the image $name (two minutes, once)" >&2
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mirror=$(sed -n 's/^URIs: *//p; s/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\).*/\2/p' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -1)
debootstrap --variant=minbase --include=python3,libpython3.11,ca-certificates bookworm "$root" "${mirror:-http://deb.debian.org/debian}" \
  >"$root.log" 2>&1 || cannot "debootstrap failed: $(tail -1 "$root.log")"
rm -rf "$root.log" "$root"/var/cache/apt "$root"/var/lib/apt/lists "$root"/usr/share/doc "$root"/usr/share/locale "$root"/usr/share/man
mkdir -p "$root/opt/tritonserver" "$root/models"
cp -r "$triton/bin" "$triton/backends" "$triton/wheel" "$root/opt/tritonserver/"
ln -s /opt/tritonserver/bin/tritonserver "$root/usr/bin/tritonserver"
python3 -m pip install --quiet --disable-pip-version-check --no-compile --only-binary=:all: --python-version 3.11 \
  --target "$root/usr/lib/python3/dist-packages" "numpy<2" -r $requirements
tar -C "$root" -c . | docker import --change "LABEL made-of=$made" --change 'ENV PATH=/usr/local/bin:/usr/bin:/bin' - "$name" >/dev/null
