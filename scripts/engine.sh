#!/bin/sh
# A Docker engine for the tests, apart from any other: its own folder, its own socket.
#   sh scripts/engine.sh start    installs (Debian, root) and starts it; prints its DOCKER_HOST
#   sh scripts/engine.sh stop
# Exits with 3 and the reason where there can be none.
set -e
folder=${TMA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tma}/test-engine
socket=$folder/docker.sock
pidfile=$folder/dockerd.pid
cannot() { echo "$*" >&2; exit 3; }

# A pid file outlives its process, and its number may be somebody else's by then.
running() { [ -f "$pidfile" ] && grep -qa dockerd "/proc/$(cat "$pidfile")/cmdline" 2>/dev/null; }

case $1 in
start)
  if ! running; then
    [ "$(id -u)" = 0 ] || cannot "a Docker engine for the tests needs root"
    if ! command -v dockerd >/dev/null || ! command -v iptables >/dev/null; then
      command -v apt-get >/dev/null || cannot "no dockerd, and no apt-get to install one"
      echo "== installing a Docker engine" >&2
      { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        docker.io iptables ca-certificates; } >&2 </dev/null || cannot "the Docker engine could not be installed"
    fi
    mkdir -p "$folder"
    rm -f "$pidfile" "$socket"
    setsid dockerd --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$pidfile" \
      --host "unix://$socket" >"$folder/dockerd.log" 2>&1 </dev/null &
    waited=0
    until [ -S "$socket" ] && docker --host "unix://$socket" version >/dev/null 2>&1; do
      waited=$((waited + 1))
      [ $waited -lt 300 ] || cannot "dockerd did not start: $(tail -3 "$folder/dockerd.log")"
      sleep 0.2
    done
  fi
  echo "unix://$socket"
  ;;
stop)
  if running; then
    kill "$(cat "$pidfile")"
    while running; do sleep 0.2; done
  fi
  # The engine leaves its network namespace mounted.
  umount "$folder/exec/netns/default" 2>/dev/null || true
  ;;
*) echo "usage: engine.sh start|stop" >&2; exit 2 ;;
esac
