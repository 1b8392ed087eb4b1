import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { appProject, type Outcome, report, windlass } from "./cli.ts";

const APP = `
import { existsSync } from "node:fs";
import { App } from "windlass";
export const app = new App("media");
class ModelError extends Error { code = "E_MODEL"; }
export const half = app.function("half", (job: { x: number, apiKey?: string }) => {
  if (job.x % 2 === 1 && !existsSync("fixed")) throw new RangeError("odd: " + job.x);
  return job.x / 2;
});
export const load = app.function("load", { retries: 1 }, (_: string) => {
  throw new ModelError("no model");
});
export const main = app.entrypoint("main", async () => {
  const calls = [1, 2, 3].map((x) => half.spawn({ x, apiKey: "sk-123" }));
  const other = await load.spawn("small");
  await Promise.allSettled([...(await Promise.all(calls)), other].map((call) => call.get()));
});
`;

let root: string;
let remove: () => void;

beforeAll(async () => {
  root = appProject({ "app.ts": APP }, (removing) => {
    remove = removing;
  });
  await windlass(root, ["run", "app.ts::main"]);
});

afterAll(() => remove());

const failed = (...args: readonly string[]): Promise<Outcome> =>
  windlass(root, ["failed", ...args]);

async function jsonOf<Data>(...args: readonly string[]): Promise<Data> {
  const { stdout, stderr } = await failed(...args, "--json");
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Data;
}

interface Entry {
  readonly id: string;
  readonly message: string;
}

// In order: each stands on what those before have left.
describe("windlass failed, on this machine", () => {
  it("lists what failed for good, by class of error", async () => {
    const { stdout } = await failed("list", "media");
    const [head, ...lines] = stdout.trimEnd().split("\n");

    expect(head).toMatch(/^Function +Error +Inputs +First +Last +Message$/);
    expect(lines.map((line) => line.replace(/ \d{4}-.*Z /, " … "))).toEqual([
      expect.stringMatching(/^half +RangeError +2 +… +odd: [13]$/),
      expect.stringMatching(/^load +ModelError E_MODEL +1 +… +no model$/),
    ]);
    expect(await jsonOf("list", "app.ts", "--function", "load")).toEqual([
      expect.objectContaining({ function: "load", error: "ModelError", inputs: 1, kind: "error" }),
    ]);
  });

  it("shows an input with arguments and trace, without what looks like a secret", async () => {
    const [one] = await jsonOf<Entry[]>("list", "media", "--each", "--error", "RangeError");
    const { stdout } = await failed("show", "media", one?.id ?? "");

    expect(stdout).toContain(one?.message);
    expect(stdout).toContain("apiKey: '***'");
    expect(stdout).toMatch(/at .*app\.ts:\d+/);
    expect(await jsonOf("show", "media", one?.id ?? "", "--reveal")).toMatchObject({
      ...{ arguments: [{ apiKey: "sk-123" }], attempts: 1 },
      trace: expect.stringContaining("RangeError: odd"),
    });
  });

  it("says what would run again, and changes nothing", async () => {
    const { stdout } = await failed("retry", "media", "--dry-run");

    expect(stdout).toContain("3 failed inputs of media in this project would run again");
    expect(await jsonOf("list", "media")).toHaveLength(2);
  });

  it("runs them again and forgets those, of which some fail as another input", async () => {
    writeFileSync(join(root, "fixed"), "");
    const again = await jsonOf("retry", "app.ts", "--error", "RangeError");
    expect(again).toMatchObject({ retried: 2, failed: 0, kept: [] });
    const { stdout } = await failed("retry", "app.ts");
    expect(stdout).toBe("1 failed input of media ran again; 1 of them failed again\n");

    const left = await jsonOf<Entry[]>("list", "media", "--each");
    expect(left.map(({ message }) => message)).toEqual(["no model"]);
  });

  it("runs one again with another argument", async () => {
    const [one] = await jsonOf<Entry[]>("list", "media", "--each");
    await jsonOf("retry", "app.ts", "--id", one?.id ?? "", "--input", '"large"');
    const [other] = await jsonOf<Entry[]>("list", "media", "--each");

    expect(other?.id).not.toBe(one?.id);
    expect(await jsonOf("show", "media", other?.id ?? "")).toMatchObject({ arguments: ["large"] });
  });

  it("forgets them, if somebody says so", async () => {
    expect(report(root, await failed("purge", "media"))).toMatchInlineSnapshot(`
      "error[WINDLASS_NOT_CONFIRMED] all failed inputs of app "media" in this project would be forgotten, with their arguments
      hint: write \`windlass failed purge media --yes\`, or look first with \`--dry-run\`
      exit 2"
    `);
    expect(await jsonOf("purge", "media", "--error", "TypeError", "--yes")).toEqual({ purged: 0 });
    expect(await jsonOf("purge", "media", "--yes")).toEqual({ purged: 1 });
    const { stdout } = await failed("list", "media");
    expect(stdout).toBe("no failed input of media in this project\n");
  });
});
