#!/usr/bin/env bash
# Brings the AWS emulator up, from nothing if need be (about a minute; under a second when all is there).
# Leaves the Docker network windlass-test and, on it, the container windlass-aws (docker.sh: or others beside them):
# 127.0.0.1:4566 from this machine, 172.30.0.2:4566 from containers; load balancers and distributions answer on 4580 of both.
# Nothing listens elsewhere.
# State (downloads, file systems, logs) is under WINDLASS_EMULATOR_DIR.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=docker.sh
source "$here/docker.sh"
version=1.5.33
python_image=python:3.11-slim-bookworm
mkdir -p "$state/efs"

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

healthy() { curl -sf --max-time 2 "127.0.0.1:$api_port/_ministack/health" >/dev/null; }

command -v curl >/dev/null || need curl curl
docker_engine
code=$(cat "$here"/{up,docker}.sh "$here"/*.py "$here"/edge/*.mjs | sha256sum | cut -c1-16)
running=$(docker inspect --format '{{.State.Running}} {{index .Config.Labels "windlass.code"}}' "$emulator" 2>/dev/null || true)
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

docker network inspect "$network" >/dev/null 2>&1 ||
  docker network create --subnet "$subnet.0/24" "$network" >/dev/null
"$here/down.sh"
docker run --detach --name "$emulator" --label windlass.code="$code" \
  --network "$network" --ip "$subnet.2" --publish "127.0.0.1:$api_port:4566" --publish "127.0.0.1:$edge_port:4580" \
  --volume /var/run/docker.sock:/var/run/docker.sock --volume "$state/efs:$state/efs" \
  --volume "$state/node:/usr/local/bin/node:ro" \
  --volume "$state/ministack-$version:/opt/ministack:ro" --volume "$here:/opt/windlass:ro" \
  --env EFS_DIR="$state/efs" --env MINISTACK_HOST="$subnet.2" --env SFTP_ENABLED=0 --env IOT_MTLS_ENABLED=0 \
  --env PYTHONPATH=/opt/ministack --env PYTHONDONTWRITEBYTECODE=1 --env TMPDIR=/tmp \
  "$python_image" python3 /opt/windlass/launch.py >/dev/null
for _ in $(seq 150); do healthy && exit 0; sleep 0.1; done
docker logs --tail 30 "$emulator" >&2
exit 1
