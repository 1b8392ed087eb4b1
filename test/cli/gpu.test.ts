import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { agreeToCpu, gpuFunctions } from "../../bin/run/without-gpu.ts";
import { App } from "../../lib/index.ts";
import { hasGpu } from "../../lib/local/gpu-here.ts";
import { resolveSpec } from "../../lib/resolve.ts";
import { appProject, start } from "./cli.ts";

const APP = `
import { App } from "windlass";
export const app = new App("gpus");
export const train = app.function("train", { gpu: ["H100", "A10G"] }, (n: number) => n + 1);
export const plain = app.function("plain", (n: number) => n + 1);
`;
const QUESTION =
  '"train" asks for H100 or A10G; this machine has no NVIDIA GPU. Run on the CPU? [y/N] ';

function specOf() {
  const app = new App("asks");
  app.function("train", { gpu: ["H100", "A10G"] }, () => 1);
  app.function("plain", () => 1);
  return resolveSpec(app);
}

function terminal(isTTY: boolean) {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = Object.assign(new PassThrough(), { isTTY });
  let shown = "";
  output.on("data", (text) => {
    shown += text;
  });
  return { input, output, shown: () => shown };
}

describe("a function with a GPU on a machine without one", () => {
  const wanting = gpuFunctions(specOf(), { kind: "entrypoint", name: "main" });

  it.each(["y", "Yes"])("runs after the answer %s", async (answer) => {
    const { input, output, shown } = terminal(true);
    input.end(`${answer}\n`);
    expect(await agreeToCpu(wanting, { input, output })).toBe(true);
    expect(shown()).toContain(QUESTION);
  });

  it.each(["", "n\n", "yet\n"])("does not run after the answer %j", async (answer) => {
    const { input, output } = terminal(true);
    input.end(answer);
    await expect(agreeToCpu(wanting, { input, output })).rejects.toMatchObject({
      code: "WINDLASS_NO_GPU",
      hint: expect.stringMatching(/--on aws.*--cpu/),
    });
  });

  it("runs unasked where nobody can be asked", async () => {
    const { input, output, shown } = terminal(false);
    expect(await agreeToCpu(wanting, { input, output })).toBe(false);
    expect(shown()).toBe("");
  });

  it("is looked for among what a run may call", () => {
    const spec = specOf();
    const names = (name: string) =>
      gpuFunctions(spec, { kind: "function", name, method: undefined }).map((found) => found.name);
    expect([names("train"), names("plain")]).toEqual([["train"], []]);
  });

  it.skipIf(hasGpu())("gives notice, unless --cpu agrees to it", async () => {
    const root = appProject({ "app.ts": APP });
    const unasked = await start(root, ["run", "app.ts::train", "1"]).ended;
    expect(unasked).toMatchObject({ code: 0, stdout: "2\n" });
    expect(unasked.stderr).toContain('function "train" asks for H100 or A10G; this machine has no');
    const agreed = await start(root, ["run", "--cpu", "app.ts::train", "1"]).ended;
    expect(agreed).toEqual({ code: 0, stdout: "2\n", stderr: "" });
  });

  it("refuses --cpu on AWS", async () => {
    const root = appProject({ "app.ts": APP });
    const { code, stderr } = await start(root, ["run", "--cpu", "--on", "aws", "app.ts::train"])
      .ended;
    expect(code).toBe(2);
    expect(stderr).toContain("WINDLASS_ONLY_LOCAL");
  });
});
