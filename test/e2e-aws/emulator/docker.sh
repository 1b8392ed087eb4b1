#!/usr/bin/env bash
# Brings Docker up with Debian's image, from nothing if need be: for tests that build images and run containers.
# Downloads and logs are under WINDLASS_EMULATOR_DIR. Sourced by up.sh, which has the rest of the emulator.
set -euo pipefail

state=${WINDLASS_EMULATOR_DIR:-${TMPDIR:-/var/tmp}/windlass-emulator}
mkdir -p "$state/efs"

# Each checkout that works on the emulator itself may have one of its own: a number makes another of all that is named.
slot=${WINDLASS_EMULATOR_SLOT:-0}
emulator=windlass-aws$([ "$slot" = 0 ] || echo "-$slot")
network=windlass-test$([ "$slot" = 0 ] || echo "-$slot")
subnet=172.30.$slot
api_port=$((4566 + 100 * slot))
edge_port=$((4580 + 100 * slot))

# Two test runs at once bring up one.
exec 9>"$state/lock"
flock 9

need() { # commands that must be there, from the Debian packages named like the second argument
  local packages=$1; shift
  for command in "$@"; do
    command -v "$command" >/dev/null && continue
    command -v apt-get >/dev/null || { echo "needs $command, and there is no apt-get to install it" >&2; exit 69; }
    apt-get update -qq -o DPkg::Lock::Timeout=120 >>"$state/apt.log" 2>&1 || true
    # shellcheck disable=SC2086 # a list of packages
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o DPkg::Lock::Timeout=120 --no-install-recommends $packages >>"$state/apt.log" 2>&1 9>&- ||
      { echo "apt-get install $packages failed: see $state/apt.log" >&2; exit 69; }
    return
  done
}

docker_engine() {
  docker info >/dev/null 2>&1 && return
  need "docker.io runc iptables ca-certificates" docker dockerd iptables
  setsid dockerd >"$state/dockerd.log" 2>&1 9>&- </dev/null &
  for _ in $(seq 150); do docker info >/dev/null 2>&1 && return; sleep 0.2; done
  echo "dockerd does not answer: see $state/dockerd.log" >&2
  exit 69
}

# A base image made of Debian's packages under the name Dockerfiles use: no registry of images is asked.
base_image() { # tag, packages beside the minimal ones
  local root
  docker image inspect "$1" >/dev/null 2>&1 && return
  root=$(mktemp -d "$state/root.XXXXXX")
  debootstrap --variant=minbase ${2:+--include="$2"} bookworm "$root" >"$root.log" 2>&1 9>&- ||
    { tail -5 "$root.log" >&2; exit 69; }
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
  tar -C "$root" -c . | docker import --change 'CMD ["bash"]' --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "$1" >/dev/null
  rm -rf "$root" "$root.log"
}

[ "${BASH_SOURCE[0]}" = "$0" ] || return 0
docker_engine
docker image inspect debian:bookworm-slim >/dev/null 2>&1 || need debootstrap debootstrap
base_image debian:bookworm-slim "ca-certificates"
