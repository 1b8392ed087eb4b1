import type { Backend } from "../../backend.ts";
import { toError } from "../../client/failure.ts";
import { ownedPage } from "../../codec/page-builder.ts";
import { createCallId } from "../../ids.ts";
import type { ScheduledCalls } from "./local-schedules.ts";

/** One look at the store waits so long. */
const LOOK_MS = 10_000;

/** Scheduled calls as spawned calls of a backend: they are stored, and go on when the app is next run. */
export function backendCalls(backend: Backend, app: string): ScheduledCalls {
  return {
    createId: () => createCallId(),
    async begin(name, callId) {
      const request = { callId, target: { app, name }, kind: "group" } as const;
      const args = ownedPage([[]], () => "args");
      await backend.spawn(request, { start: 0, count: 1, unary: false, args });
      await backend.endSpawn(callId, 1);
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
