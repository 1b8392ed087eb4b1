import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sealFailedInputs } from "../../lib/aws/failed-inputs.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { createCallId, inputId } from "../../lib/ids.ts";
import { appProject, type Outcome, report, windlass } from "./cli.ts";
import { facts, fakeAws } from "./fake-aws.ts";

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

describe("windlass failed, on AWS", () => {
  const at = Date.parse("2026-11-01T12:00:00Z");
  const callId = createCallId(at);
  const id = inputId(callId, 1);
  const args = [{ width: 1 }, { width: 2, token: "t-1" }];
  const body = sealFailedInputs({
    ...{ start: 0, end: 2, pool: "resize", deployment: 1, attempts: 3, at, unary: true },
    request: { callId, kind: "map", target: { app: "media", name: "resize" } },
    error: { name: "RangeError", code: null, message: "too wide", trace: "RangeError: too wide" },
    ...{ kind: "error", payload: { start: 0, end: 2, args: encodePage(args, () => "args") } },
  });

  /** A queue with that message; what is done with it by the names of operations. */
  async function onAws(...args: readonly string[]) {
    const done: string[] = [];
    let isHidden = false;
    const deployment = { number: 1, manifestKey: "manifests/media/1", codeHash: "", specHash: "" };
    const env = await fakeAws({
      GetParametersByPath: facts("1"),
      GetItem: {
        Item: {
          pk: { S: "media#deployment" },
          version: { N: "1" },
          sk: { S: "current" },
          body: { S: JSON.stringify(deployment) },
        },
      },
      s3: JSON.stringify({ deadLetterQueueUrl: "http://127.0.0.1/1/dead", functions: {} }),
      ReceiveMessage: () => {
        if (isHidden) return {};
        isHidden = true;
        const MD5OfBody = createHash("md5").update(body).digest("hex");
        return { Messages: [{ MessageId: "1", ReceiptHandle: "h", Body: body, MD5OfBody }] };
      },
      ChangeMessageVisibility: (text) => {
        done.push(
          `shown after ${(JSON.parse(text) as { VisibilityTimeout: number }).VisibilityTimeout} s`,
        );
        return {};
      },
      DeleteMessage: () => {
        done.push("deleted");
        return {};
      },
    });
    const outcome = await windlass(root, ["failed", ...args, "--on", "aws"], env);
    expect(outcome.stderr).toBe("");
    return { ...outcome, done };
  }

  it("lists what is in the dead-letter queue, and leaves it there", async () => {
    const { stdout, done } = await onAws("list", "media");
    expect(stdout).toBe(
      [
        "Function  Error       Inputs  First                 Last                  Message",
        "resize    RangeError  2       2026-11-01 12:00:00Z  2026-11-01 12:00:00Z  too wide\n",
      ].join("\n"),
    );
    expect(done).toEqual(["shown after 0 s"]);
  });

  it("shows one of an entry's inputs", async () => {
    const { stdout, done } = await onAws("show", "media", id);
    expect(stdout).toBe(
      [
        `input      ${id}`,
        "function   resize of app media",
        "failed     2026-11-01 12:00:00Z, error, after 3 runs",
        "error      RangeError: too wide",
        "arguments  [ { width: 2, token: '***' } ]",
        "",
        "RangeError: too wide\n",
      ].join("\n"),
    );
    expect(done).toEqual(["shown after 0 s"]);
  });

  it("purges what is meant, and nothing else", async () => {
    expect((await onAws("purge", "media", "--function", "thumb", "--yes")).done).toEqual([
      "shown after 0 s",
    ]);
    const { stdout, done } = await onAws("purge", "media", "--yes", "--json");
    expect(JSON.parse(stdout)).toEqual({ purged: 2 });
    expect(done).toEqual(["deleted"]);
  });
});

describe("windlass failed", () => {
  const ID = inputId(createCallId(0), 0);

  it.each<[string, readonly string[]]>([
    ["no action", []],
    ["another action", ["lst", "media"]],
    ["no app", ["list"]],
    ["no id", ["show", "media"]],
    ["an id that is none", ["show", "media", "42"]],
    ["an id of an option that is none", ["retry", "media", "--id", "42"]],
    ["an input that has not failed", ["show", "media", ID]],
    ["an app by its name, to run on this machine", ["retry", "media"]],
    ["other arguments for all", ["retry", "app.ts", "--input", "1"]],
    [
      "other arguments for a call",
      ["retry", "app.ts", "--input", "1", "--id", ID.split(".")[0] ?? ""],
    ],
    ["an argument that is no JSON", ["retry", "app.ts", "--input", "{x}", "--id", ID]],
    ["arguments that are no array", ["retry", "app.ts", "--args-json", "1", "--id", ID]],
    ["both", ["retry", "app.ts", "--args-json", "[1]", "--input", "1", "--id", ID]],
    ["a limit that is none", ["list", "media", "--limit", "0"]],
    ["an option that there is not", ["list", "media", "--reveel"]],
    ["a place that is none", ["list", "media", "--on", "moon"]],
  ])("refuses %s", async (_, args) => {
    const outcome = await failed(...args);
    expect(outcome.stdout).toBe("");
    expect(report(root, outcome).replaceAll(ID.slice(0, 28), "in-…")).toMatchSnapshot();
  });
});
