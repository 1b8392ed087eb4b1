import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { appProject, report, windlass } from "./cli.ts";

const APP = `
import { App } from "windlass";
export const app = new App("calls");
export const half = app.function("half", { retries: 1 }, (x: number) => {
  if (x % 2 === 1) throw new RangeError("odd <b>");
  return x / 2;
});
export const all = app.function("all", async (xs: number[]) => {
  return await half.map(xs, { returnExceptions: true }).toArray();
});
export const main = app.entrypoint("main", async () => {
  const call = await all.spawn([2, 3, 4]);
  await call.get();
  return call.id;
});
`;
let root: string;
let remove: () => void;
let id: string;

beforeAll(async () => {
  root = appProject({ "app.ts": APP }, (removing) => {
    remove = removing;
  });
  const { stdout } = await windlass(root, ["run", "app.ts::main", "--json"]);
  id = JSON.parse(stdout) as string;
});

afterAll(() => remove());

describe("windlass call", () => {
  it("reports a call of this project when nothing of it runs any more, as text and as data", async () => {
    const { stdout } = await windlass(root, ["call", "report", id]);
    expect(stdout).toContain(`${id}, all of app calls`);
    expect(stdout).toContain("1 SUCCESS");
    const { stdout: json } = await windlass(root, ["call", "report", id, "--json"]);
    const data = JSON.parse(json) as { timeline: { functionName: string; status: string }[] };
    expect(data).toMatchObject({ functionName: "all", retries: 1, costUsd: 0 });
    const statuses = data.timeline.filter((one) => one.functionName === "half");
    expect(statuses.filter(({ status }) => status === "FAILURE")).toHaveLength(2);
  });

  it("writes a page that needs nothing else", async () => {
    await windlass(root, ["call", "report", id, "--html", "report.html"]);
    expect(existsSync(join(root, "report.html"))).toBe(true);
    const html = readFileSync(join(root, "report.html"), "utf8");
    expect(html).toMatch(/<rect [^>]*class="success"/);
    expect(html).toMatch(/<rect [^>]*class="failure"/);
    expect(html).toContain("prefers-color-scheme: dark");
    expect(html).not.toMatch(/<script|<link|https?:/);
  });

  it("prints who called whom", async () => {
    const { stdout } = await windlass(root, ["call", "graph", id]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.map((line) => line.split("  in-")[0])).toEqual([
      "all  SUCCESS",
      "  half  SUCCESS",
      "  half  FAILURE",
      "  half  SUCCESS",
    ]);
  });

  it("says that a call is not known", async () => {
    const unknown = `fc-${"z".repeat(25)}`;
    expect(report(root, await windlass(root, ["call", "report", unknown]))).toMatchInlineSnapshot(`
      "error[WINDLASS_CALL_NOT_FOUND] there is no call fc-zzzzzzzzzzzzzzzzzzzzzzzzz
      hint: a spawned call is known in the project where it was made, by the id of its FunctionCall
      exit 1"
    `);
  });
});
