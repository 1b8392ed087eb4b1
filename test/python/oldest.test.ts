import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

it("what runs in containers is written for Python 3.9", () => {
  const output = execFileSync("python3", [
    path("oldest.py"),
    path("../../runtime-shim/runner-python"),
    path("../../runtime-shim/types-python"),
  ]);

  const { count, wrong } = JSON.parse(output.toString()) as {
    readonly count: number;
    readonly wrong: readonly string[];
  };
  expect(wrong).toEqual([]);
  expect(count).toBeGreaterThan(40);
});
