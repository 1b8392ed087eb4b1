import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BackendUnderTest } from "./backend.ts";
import type { Case } from "./case.ts";
import { calls } from "./cases/calls.ts";
import { cancellation } from "./cases/cancellation.ts";
import { classes } from "./cases/classes.ts";
import { contexts } from "./cases/contexts.ts";
import { failures } from "./cases/failures.ts";
import { generators } from "./cases/generators.ts";
import { handles } from "./cases/handles.ts";
import { idempotency } from "./cases/idempotency.ts";
import { maps } from "./cases/maps.ts";
import { retries } from "./cases/retries.ts";
import { scaling } from "./cases/scaling.ts";
import { spawned } from "./cases/spawned.ts";
import { statuses } from "./cases/statuses.ts";
import { volumes } from "./cases/volumes.ts";
import { GAPS } from "./gaps.ts";
import { ROWS } from "./rows.ts";

declare module "vitest" {
  interface TaskMeta {
    /** The row of the table, and why its backend cannot do it yet. */
    conformance?: { readonly backend: string; readonly row: string; readonly gap?: string };
  }
}

const REPOSITORY = resolve(import.meta.dirname, "../..");
const START_MS = 240_000;
const CASE_MS = 150_000;

const THEMES: Readonly<Record<string, readonly Case[]>> = {
  ...{ calls, maps, spawned, failures, retries, cancellation, contexts, classes, scaling },
  ...{ generators, handles, idempotency, statuses, volumes },
};

const cases = Object.values(THEMES).flat();

/** Runs every case on a backend. */
export function testConformance(
  backend: keyof typeof GAPS,
  options: {
    readonly isSkipped?: boolean;
    /** Titles of cases that it is not made for. */
    readonly without?: ReadonlySet<string>;
    readonly open: () => Promise<BackendUnderTest>;
  },
): void {
  let opened: BackendUnderTest | undefined;
  describe.skipIf(options.isSkipped === true)(`conformance on ${backend}`, () => {
    beforeAll(async () => {
      opened = await options.open();
    }, START_MS);
    afterAll(() => opened?.close(), START_MS);

    for (const [theme, ofTheme] of Object.entries(THEMES)) {
      describe.concurrent(theme, () => {
        for (const { row, title, run } of ofTheme) {
          if (options.without?.has(title) === true) continue;
          const gap = GAPS[backend][title];
          // A gap that works is none: its line must go.
          const fails = gap !== undefined;
          const meta = { conformance: { backend, row, ...(fails && { gap }) } };
          test(title, { fails, timeout: CASE_MS, meta }, async () => {
            if (opened !== undefined) await run(opened);
          });
        }
      });
    }
  });
}

/** Checks that nothing is missing from the table, and nothing is in it that is not there. */
export function testTable(): void {
  test("each row has a case, a test elsewhere, or the feature that it waits for", () => {
    const covered = new Set<string>(cases.map(({ row }) => row));
    const missing = ROWS.filter((row) => !covered.has(row.id) && !row.elsewhere && !row.pending);
    expect(missing.map(({ id }) => id)).toEqual([]);
    expect(new Set(ROWS.map(({ id }) => id)).size).toBe(ROWS.length);
  });

  test("each test elsewhere exists", () => {
    const missing = ROWS.flatMap(({ elsewhere }) => elsewhere ?? []).filter(({ file, title }) => {
      const path = join(REPOSITORY, file);
      return !existsSync(path) || !readFileSync(path, "utf8").includes(title);
    });
    expect(missing).toEqual([]);
  });

  test("each case has a title of its own, and each gap is of a case", () => {
    const titles = cases.map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
    const gaps = Object.values(GAPS).flatMap((ofBackend) => Object.keys(ofBackend));
    expect(gaps.filter((gap) => !titles.includes(gap))).toEqual([]);
  });
}
