import type { Backend } from "../../backend.ts";
import { toError } from "../../client/failure.ts";
import { ownedPage } from "../../codec/page-builder.ts";
import { createCallId } from "../../ids.ts";
import { spawnOne } from "../../spawn-one.ts";
import type { ScheduledCalls } from "./local-schedules.ts";

/** One look at the store waits so long. */
const LOOK_MS = 10_000;

/** Scheduled calls as spawned calls of a backend: they are stored, and go on when the app is next run. */
export function backendCalls(backend: Backend, app: string): ScheduledCalls {
  return {
    createId: () => createCallId(),
    async begin(name, callId) {
      const args = ownedPage([[]], () => "args");
      await spawnOne(backend, { app, name }, { callId, unary: false, args });
    },
    async outcome(callId) {
      for (;;) {
        const { pages } = await backend.read({ callId, start: 0, count: 1, waitMs: LOOK_MS });
        const [page] = pages;
        if (page === undefined) continue;
        const [failure] = page.failures ?? [];
        return failure && toError(failure);
      }
    },
  };
}
