import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appProject, report, windlass } from "./cli.ts";
import { facts, fakeAws } from "./fake-aws.ts";

const SOURCE = `
import { App, Cron, Period } from "windlass";
export const app = new App("media");
app.function("nightly", { schedule: new Cron("30 3 * * *", { timezone: "Asia/Kathmandu" }) }, () => "ran");
app.function("poll", { schedule: new Period({ months: 1, minutes: 5 }) }, () => {});
app.function("plain", () => {});
`;

let root: string;
let remove: () => void;

beforeAll(() => {
  root = appProject({ "app.ts": SOURCE }, (removing) => {
    remove = removing;
  });
});

afterAll(() => remove());

async function output(...args: string[]): Promise<string> {
  const outcome = await windlass(root, ["schedule", ...args]);
  if (outcome.code !== 0) return report(root, outcome);
  return outcome.stdout;
}

test("`windlass spec` shows the next five runs of each schedule beside the spec", async () => {
  const { stdout, stderr } = await windlass(root, ["spec", "app.ts"]);

  expect(JSON.parse(stdout)).toMatchObject({ name: "media" });
  const lines = stderr.trimEnd().split("\n");
  expect(lines).toHaveLength(12);
  expect(lines[0]).toBe("nightly runs 30 3 * * * Asia/Kathmandu, next:");
  const run = / {2}(Sun|Mon|Tue|Wed|Thu|Fri|Sat) \d{4}-\d{2}-\d{2} 03:30 GMT\+5:45/;
  for (const line of lines.slice(1, 6)) expect(line).toMatch(run);
  expect(lines[6]).toBe("poll runs every 1 month 5 minutes, next:");
});

describe("windlass schedule", () => {
  test("lists what runs by itself, pauses and resumes it", async () => {
    expect(await output("list", "app.ts")).toMatch(
      /^nightly {2}30 3 \* \* \* Asia\/Kathmandu {2}next \w{3} .* 03:30 GMT\+5:45\npoll {5}every 1 month 5 minutes/,
    );

    expect(await output("pause", "app.ts", "nightly")).toBe("");
    expect(await output("list", "app.ts")).toMatch(/^nightly .* paused\npoll .* next /);
    expect(JSON.parse(await output("list", "app.ts", "--json"))).toMatchObject([
      { name: "nightly", overlap: "skip", isPaused: true, next: null, last: null },
      { name: "poll", isPaused: false, next: expect.stringMatching(/^\d{4}-.*Z$/) },
    ]);

    await output("resume", "app.ts", "nightly");
    expect(await output("list", "app.ts")).toMatch(/^nightly .* next /);
  });

  test("runs one now, paused or not", async () => {
    await output("pause", "app.ts", "nightly");

    expect(await output("run", "app.ts", "nightly")).toBe("ran\n");

    await output("resume", "app.ts", "nightly");
  });

  test("says what is scheduled where something is not", async () => {
    expect(await output("pause", "app.ts", "nightli")).toMatchInlineSnapshot(`
      "error[WINDLASS_SCHEDULE_NOT_FOUND] app "media" has no scheduled function "nightli"; scheduled are: nightly, poll
      hint: did you mean \`nightly\`?
      exit 1"
    `);
    expect(await output("run", "app.ts", "plain")).toMatchInlineSnapshot(`
      "error[WINDLASS_SCHEDULE_NOT_FOUND] app "media" has no scheduled function "plain"; scheduled are: nightly, poll
      hint: name one of them
      exit 1"
    `);
    expect(await output("stop", "app.ts")).toMatchInlineSnapshot(`
      "error[WINDLASS_UNKNOWN_ACTION] \`windlass schedule\` does list, run, pause, resume, got "stop"
      hint: write one of them
      exit 2"
    `);
    expect(await output("run", "app.ts")).toMatchInlineSnapshot(`
      "error[WINDLASS_USAGE] \`windlass schedule run\` takes <app> <function>, got 1
      hint: write \`windlass schedule run <app> <function>\`
      exit 2"
    `);
  });
});

describe("windlass schedule --on aws", () => {
  const schedule = {
    kind: "cron",
    expression: "0 9 * * *",
    timezone: "UTC",
    overlap: "skip",
    onFailure: null,
  };
  const manifest = { app: "media", functions: { report: { spec: { name: "report", schedule } } } };
  const row = (sk: string, body: object) => ({
    pk: { S: "media" },
    sk: { S: sk },
    version: { N: "1" },
    body: { S: JSON.stringify(body) },
  });

  test("lists what is deployed, and pauses it by a row of the table", async () => {
    const written: string[] = [];
    const env = await fakeAws({
      GetParametersByPath: facts("1"),
      GetItem: (body) =>
        body.includes("#deployment")
          ? { Item: row("current", { number: 3, manifestKey: "manifests/media/1.json" }) }
          : {},
      Query: {
        Items: [row("report", { isPaused: true, definition: "0 9 * * * UTC", last: null })],
      },
      s3: JSON.stringify(manifest),
      PutItem: (body) => {
        written.push(body);
        return {};
      },
    });

    const listed = await windlass(root, ["schedule", "list", "media", "--on", "aws"], env);
    const resumed = await windlass(
      root,
      ["schedule", "resume", "media", "report", "--on", "aws"],
      env,
    );

    expect(listed.stdout).toBe("report  0 9 * * * UTC  paused\n");
    expect(resumed.code).toBe(0);
    expect(written.join()).toContain("media#schedules");
    expect(written.join()).toContain('\\"isPaused\\":false');
  });
});
