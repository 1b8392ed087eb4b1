#!/usr/bin/env bash
# Removes the emulator and the containers that it started: by name and network, never others.
set -euo pipefail
docker info >/dev/null 2>&1 || exit 0
suffix=$([ "${WINDLASS_EMULATOR_SLOT:-0}" = 0 ] || echo "-$WINDLASS_EMULATOR_SLOT")
docker rm --force "windlass-aws$suffix" >/dev/null 2>&1 || true
docker ps --all --quiet --filter label=ministack=ecs --filter "network=windlass-test$suffix" |
  xargs --no-run-if-empty docker rm --force >/dev/null
