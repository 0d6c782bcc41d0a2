#!/bin/sh
# A night: profiles what a perf.yaml says into a folder of its own, and compares that with the last night that was good.
#
#   sh nightly.sh [PERF_YAML [FOLDER_OF_THE_NIGHTS]]
#
# Exits with tma's code: 0 good, 6 worse than before, others as in docs/exit-codes.md.
#
# FAIL_ON      what is worse, as --fail-on takes it (default: worse, any change for the worse that is sure)
# KEEP_NIGHTS  how many nights are kept (default: 14); the one that is compared with is kept in any case
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# In a clone of tma, set up by `npm run setup`; where tma is installed, the one on PATH is taken.
[ -x "$here/../../node_modules/.bin/tma" ] && PATH=$here/../../node_modules/.bin:$PATH
for program in tma flock; do
  if ! command -v "$program" > /dev/null; then
    echo "nightly.sh: no $program on PATH" >&2
    exit 5
  fi
done

perf=${1:-$here/perf.yaml}
nights=${2:-$here/nights}
fail_on=${FAIL_ON:-worse}
keep=${KEEP_NIGHTS:-14}

perf=$(cd "$(dirname "$perf")" && pwd)/$(basename "$perf")
mkdir -p "$nights"
nights=$(cd "$nights" && pwd)

# Two nights at once would measure each other.
exec 9> "$nights/lock"
if ! flock -n 9; then
  echo "nightly.sh: the night before still runs, in $nights" >&2
  exit 5
fi

name=$(date -u +%Y-%m-%dT%H-%M-%SZ)
night=$nights/$name
mkdir "$night"
# By this file the script knows its folders again.
echo unfinished > "$night/exit-code"
printf '%s\n' "$name" > "$nights/last"
base=$(cat "$nights/base" 2> /dev/null || true)

set -- -f "$perf" --checkpoint-directory "$night/checkpoints" --export-path "$night" \
  --output-model-repository-path "$night/model_repository"
# What seems worse is measured again before it is called so.
if [ -n "$base" ] && [ -d "$nights/$base/checkpoints" ]; then
  set -- "$@" --baseline "$nights/$base/checkpoints" --fail-on "$fail_on"
fi
# What tma starts does not hold the lock when it is killed.
code=0
cd "$(dirname "$perf")"
tma profile "$@" 9>&- || code=$?

printf '%s\n' "$code" > "$night/exit-code"
# A night that is worse is not what the next one is compared with: it is told until it is mended, or accepted.
[ "$code" -ne 0 ] || printf '%s\n' "$name" > "$nights/base"

# The oldest go; of all that lies there only folders of this script's.
base=$(cat "$nights/base" 2> /dev/null || true)
set -- "$nights"/[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]-[0-9][0-9]-[0-9][0-9]Z
while [ $# -gt "$keep" ]; do
  if [ -f "$1/exit-code" ] && [ "$1" != "$nights/$base" ]; then rm -rf "$1"; fi
  shift
done

exit "$code"
