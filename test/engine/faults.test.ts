import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Run } from "windlass";
import * as fixture from "./app.ts";

let run: Run;

beforeAll(async () => {
  run = await fixture.app.run({ backend: "local", output: false });
});

afterAll(async () => {
  await run.close();
});

function runners(): number[] {
  const text = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8").trim();
  return text
    .split(" ")
    .map(Number)
    .filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("runner-node"));
}

it("yields each of 10,000 results once, in order, though runners are killed meanwhile", async () => {
  const inputs = Array.from({ length: 10_000 }, (_, i) => i);
  const outputs: number[] = [];
  for await (const output of fixture.double.map(inputs)) {
    outputs.push(output);
    if (output === 4000 || output === 10_000) {
      for (const pid of runners()) process.kill(pid, "SIGKILL");
    }
  }
  expect(outputs).toEqual(inputs.map((x) => x * 2));
});
