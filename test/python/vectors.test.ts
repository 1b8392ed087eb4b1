import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

it("passes the wire vectors in Python too", () => {
  const output = execFileSync("python3", [
    path("vectors.py"),
    path("../vectors/wire.json"),
    path("../../runtime-shim/runner-python"),
  ]);

  const { count, wrong } = JSON.parse(output.toString()) as {
    readonly count: number;
    readonly wrong: readonly string[];
  };
  expect(wrong).toEqual([]);
  expect(count).toBeGreaterThan(90);
});
