#!/usr/bin/env bash
# Brings the AWS emulator up, from nothing if need be (about a minute; under a second when all is there).
# Leaves the Docker network windlass-test and, on it, the container windlass-aws:
# 127.0.0.1:4566 from this machine, 172.30.0.2:4566 from containers. Nothing listens elsewhere.
# State (downloads, file systems, logs) is under WINDLASS_EMULATOR_DIR.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
state=${WINDLASS_EMULATOR_DIR:-${TMPDIR:-/var/tmp}/windlass-emulator}
version=1.5.33
python_image=python:3.11-slim-bookworm
mkdir -p "$state/efs"

# Two test runs at once bring up one emulator.
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

# For the Python of the image, whatever the one of this machine is.
ministack() {
  [ -e "$state/ministack-$version/.complete" ] && return
  python3 -m pip --version >/dev/null 2>&1 || need "python3 python3-pip" python3 pip3
  rm -rf "$state/ministack-$version"
  python3 -m pip install --quiet --disable-pip-version-check --target "$state/ministack-$version" \
    --python-version 3.11 --only-binary=:all: "ministack==$version" docker cryptography >"$state/pip.log" 2>&1 ||
    { tail -5 "$state/pip.log" >&2; exit 69; }
  touch "$state/ministack-$version/.complete"
}

healthy() { curl -sf --max-time 2 127.0.0.1:4566/_ministack/health >/dev/null; }

command -v curl >/dev/null || need curl curl
docker_engine
code=$(cat "$here"/up.sh "$here"/*.py | sha256sum | cut -c1-16)
running=$(docker inspect --format '{{.State.Running}} {{index .Config.Labels "windlass.code"}}' windlass-aws 2>/dev/null || true)
if [ "$running" = "true $code" ]; then # a busy one is given time: others may be using it
  for _ in $(seq 20); do healthy && exit 0; sleep 0.5; done
fi

# Before the two that need it at once: apt-get takes its lock for one of them only.
docker image inspect debian:bookworm-slim "$python_image" >/dev/null 2>&1 || need debootstrap debootstrap
base_image debian:bookworm-slim "ca-certificates" &
images=$!
base_image "$python_image" "python3,ca-certificates,libstdc++6" &
python=$!
ministack
wait "$images"
wait "$python"
# Lambda functions run on this machine's Node.
node=$(node -p process.execPath)
cmp -s "$node" "$state/node" || cp "$node" "$state/node"

docker network inspect windlass-test >/dev/null 2>&1 ||
  docker network create --subnet 172.30.0.0/24 windlass-test >/dev/null
"$here/down.sh"
docker run --detach --name windlass-aws --label windlass.code="$code" \
  --network windlass-test --ip 172.30.0.2 --publish 127.0.0.1:4566:4566 \
  --volume /var/run/docker.sock:/var/run/docker.sock --volume "$state/efs:$state/efs" \
  --volume "$state/node:/usr/local/bin/node:ro" \
  --volume "$state/ministack-$version:/opt/ministack:ro" --volume "$here:/opt/windlass:ro" \
  --env EFS_DIR="$state/efs" --env MINISTACK_HOST=172.30.0.2 --env SFTP_ENABLED=0 --env IOT_MTLS_ENABLED=0 \
  --env PYTHONPATH=/opt/ministack --env PYTHONDONTWRITEBYTECODE=1 --env TMPDIR=/tmp \
  "$python_image" python3 /opt/windlass/launch.py >/dev/null
for _ in $(seq 150); do healthy && exit 0; sleep 0.1; done
docker logs --tail 30 windlass-aws >&2
exit 1
