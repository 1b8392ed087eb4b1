import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FunctionTimeoutError, isWindlassError, NoBackendError, type Run } from "windlass";
import { tempProject } from "../bundle/temp-project.ts";
import { rejection } from "../dsl/mistake.ts";
import * as fixture from "./app.ts";

// What the engine does beyond the semantics that all backends share: those are in test/conformance.
let run: Run;

beforeAll(async () => {
  await expect(fixture.double.remote(1)).rejects.toThrow(NoBackendError);
  run = await fixture.app.run({ backend: "local", output: false });
});

afterAll(async () => {
  await run.close();
});

it("splits what a slow input holds up over idle containers", async () => {
  await fixture.sleepy.map([1, 1, 1, 1]).toArray();
  const started = performance.now();
  const inputs = [1500, ...Array.from({ length: 40 }, () => 20)];
  await fixture.sleepy.map(inputs).toArray();
  expect(performance.now() - started).toBeLessThan(2800);
});

it("goes on with thousands of inputs while the first of them is slow", async () => {
  const file = join(tempProject({}), "here");
  const inputs = Array.from({ length: 6000 }, (_, n) => [n, file] as [number, string]);
  const outputs = await fixture.heldUp.starmap(inputs).toArray();
  expect(outputs).toEqual(inputs.map(([n]) => n));
});

it("blames only the input that ran too long", async () => {
  await fixture.overtime.map(Array.from({ length: 2000 }, () => "fine" as const)).toArray();
  const modes = [
    ...Array.from({ length: 20 }, () => "fine" as const),
    "blocks" as const,
    "fine" as const,
  ];
  const outputs = await fixture.overtime.map(modes, { returnExceptions: true }).toArray();
  expect(outputs.filter((output) => output === "fine")).toHaveLength(21);
  expect(outputs[20]).toBeInstanceOf(FunctionTimeoutError);
});

it.each(["remote", "map", "spawn"] as const)(
  "a %s to an app that nobody runs fails: it neither waits nor runs a namesake",
  async (how) => {
    await expect(fixture.callsElsewhere.remote(how)).rejects.toThrow(
      'function "callsElsewhere" may not call "double" of app "elsewhere"',
    );
  },
);

describe("an error class that the module only exports", () => {
  it("is known to containers", async () => {
    expect(await fixture.catchesExported.remote("a container")).toBe("a container");
  });

  it("names errors where the app is imported, which are not of that class", async () => {
    const error = await fixture.throwsExported
      .remote("a container")
      .catch((thrown: unknown) => thrown);
    expect(error).not.toBeInstanceOf(fixture.ExportedError);
    expect(error).toMatchObject({ name: "ExportedError", place: "a container" });
  });
});

describe("a function with `uses`", () => {
  it("calls those, and is refused others as it would be on AWS", async () => {
    expect(await rejection(fixture.closed.remote(1))).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_NOT_IN_USES
      function "closed" may not call "double": it is not in its \`uses\`
      hint: add "double" to \`uses\` of function "closed""
    `);
    expect(await rejection(fixture.spawns.remote(1))).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_NOT_IN_USES
      function "spawns" may not call "double": it is not in its \`uses\`
      hint: add "double" to \`uses\` of function "spawns""
    `);
  });

  it("is what a call of another app needs", async () => {
    expect(await rejection(fixture.abroad.remote(1))).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_NOT_IN_USES
      function "abroad" may not call "double" of app "elsewhere": it is not in its \`uses\`
      hint: without \`uses\`, function "abroad" calls its own app only: write \`uses: ["engine-test", "elsewhere/double"]\`"
    `);
  });
});

describe("connect in a container", () => {
  it("knows what the function may call, and calls it", async () => {
    const { names, doubled } = await fixture.connected.remote("engine-test");
    expect(names.sort()).toEqual(["connected", "double"]);
    expect(doubled).toBe(8);
  });

  it("is refused for an app that the function does not use", async () => {
    expect(await rejection(fixture.connected.remote("elsewhere"))).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_NOT_IN_USES
      function "connected" may not connect to app "elsewhere": it is not in its \`uses\`
      hint: add "elsewhere" to \`uses\` of function "connected""
    `);
  });
});

describe("the autoscaler", () => {
  it("refuses what a definition would, all at once", async () => {
    const wrong = { minContainers: -1, maxContainers: 0, cpu: 2 };
    const error: unknown = await fixture.scaled.updateAutoscaler(wrong).catch((thrown) => thrown);
    expect(isWindlassError(error) && error.code).toBe("WINDLASS_SEVERAL_MISTAKES");
    expect(String(error)).toContain("WINDLASS_INVALID_MIN_CONTAINERS");
    expect(String(error)).toContain("WINDLASS_INVALID_MAX_CONTAINERS");
    expect(String(error)).toContain("`cpu`");
    const crossed = fixture.scaled.updateAutoscaler({ minContainers: 3, maxContainers: 2 });
    await expect(crossed).rejects.toMatchObject({ code: "WINDLASS_MIN_OVER_MAX_CONTAINERS" });
  });

  it("is reached from a container, for its own app", async () => {
    expect(await fixture.scales.remote(1)).toEqual({ backlog: 0, numTotalRunners: 1 });
    await fixture.scales.remote(0);
    await expect(fixture.scalesAbroad.remote()).rejects.toMatchObject({
      code: "WINDLASS_SCALED_OTHER_APP",
    });
  });
});
