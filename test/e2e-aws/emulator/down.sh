#!/usr/bin/env bash
# Removes the emulator and the containers that it started: by name, never others.
set -euo pipefail
docker info >/dev/null 2>&1 || exit 0
docker rm --force windlass-aws >/dev/null 2>&1 || true
docker ps --all --quiet --filter label=ministack=ecs | xargs --no-run-if-empty docker rm --force >/dev/null
