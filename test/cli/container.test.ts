import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { appProject, report, start, windlass } from "./cli.ts";
import { facts, fakeAws } from "./fake-aws.ts";

const APP = `
import { existsSync } from "node:fs";
import { App } from "windlass";
export const app = new App("media");
export const wait = app.function("wait", async () => {
  const isLast = existsSync("go");
  console.log(isLast ? "last" : "first");
  if (!isLast) await new Promise((resolve) => setTimeout(resolve, 600_000));
  return process.pid;
});
`;
const ROOT = appProject({ "app.ts": APP }, afterAll);
const ID = `ct-${"0".repeat(25)}`;

interface Listed {
  readonly id: string;
  readonly state: string;
  readonly pid: number;
}

async function listed(): Promise<Listed[]> {
  const { stdout } = await windlass(ROOT, ["container", "list", "--json"]);
  return JSON.parse(stdout) as Listed[];
}

describe("windlass container, on this machine", () => {
  it("lists what runs, shows what it writes, and stops it: another runs its input", async () => {
    expect((await windlass(ROOT, ["container", "list", "media"])).stdout).toBe(
      "no container of media runs in this project\n",
    );
    const run = start(ROOT, ["run", "app.ts", "--json"]);
    await run.seen(/first/);
    let container: Listed | undefined;
    // Its engine tells four times a second.
    while (container?.state !== "busy") [container] = await listed();
    const { id } = container;
    expect(container).toMatchObject({ app: "media", function: "wait", deployment: null });
    const { stdout: table } = await windlass(ROOT, ["container", "list", "app.ts"]);
    expect(table).toMatch(RegExp(`^Container .* Process +Function\n${id} +media +busy .* wait\n`));
    const { stdout: lines } = await windlass(ROOT, ["container", "logs", id]);
    expect(lines).toBe("wait  first\n");

    const refused = await windlass(ROOT, ["container", "stop", id]);
    expect(report(ROOT, refused).replaceAll(id, "ct-…")).toMatchInlineSnapshot(`
      "error[WINDLASS_NOT_CONFIRMED] container ct-… of "wait" of app "media" in this project would stop; what it runs starts again in another
      hint: write \`windlass container stop ct-… --yes\`
      exit 2"
    `);
    writeFileSync(join(ROOT, "go"), "");
    const { stdout: told } = await windlass(ROOT, ["container", "stop", id, "--yes"]);
    expect(told).toBe(`container ${id} is asked to stop\n`);

    const { code, stdout } = await run.ended;
    expect(code).toBe(0);
    expect(Number(stdout)).not.toBe(container.pid);
    expect(await listed()).toEqual([]);
  });

  it.each<[string, readonly string[]]>([
    ["another action", ["exec", ID]],
    ["no id", ["stop"]],
    ["an id that is none", ["stop", "wait"]],
    ["a container that does not run", ["stop", ID, "--yes"]],
    ["an option that there is not", ["list", "--al"]],
  ])("refuses %s", async (_, args) => {
    const outcome = await windlass(ROOT, ["container", ...args]);
    expect(outcome.stdout).toBe("");
    expect(report(ROOT, outcome)).toMatchSnapshot();
  });
});

describe("windlass container, on AWS", () => {
  const row = {
    ...{ function: "resize", status: "ready", taskArn: "task-1", taken: 3, deployment: 2 },
    createdAt: Date.parse("2026-11-01T12:00:00Z"),
  };
  const item = (pk: string, sk: string, body: object): object => ({
    ...{ pk: { S: pk }, sk: { S: sk }, version: { N: "1" }, body: { S: JSON.stringify(body) } },
  });
  const operations = {
    GetParametersByPath: facts("1"),
    Query: (text: string) => {
      const asked = JSON.parse(text) as { ExpressionAttributeValues: { ":pk": { S: string } } };
      const pk = asked.ExpressionAttributeValues[":pk"].S;
      if (pk === "#apps") return { Items: [item(pk, "media", {}), item(pk, "video", {})] };
      const ended = item(pk, "ct-ended", { ...row, status: "ended" });
      return { Items: pk === "media#containers" ? [item(pk, ID, row), ended] : [] };
    },
    GetItem: (text: string) => {
      const { Key } = JSON.parse(text) as { Key: Record<"pk" | "sk", { S: string }> };
      return Key.pk.S === "media#containers" ? { Item: item(Key.pk.S, Key.sk.S, row) } : {};
    },
  };

  it("lists those of all apps, and of one", async () => {
    const env = await fakeAws(operations);
    const { stdout } = await windlass(ROOT, ["container", "list", "--on", "aws"], env);
    expect(stdout).toBe(
      [
        `Container${" ".repeat(21)}App    State  Since                 Inputs  Function`,
        `${ID}  media  ready  2026-11-01 12:00:00Z  3       resize\n`,
      ].join("\n"),
    );
    const other = await windlass(
      ROOT,
      ["container", "list", "video", "--on", "aws", "--json"],
      env,
    );
    expect(other.stdout).toBe("[]\n");
  });

  it("stops the task of one", async () => {
    const stopped: string[] = [];
    const env = await fakeAws({
      ...operations,
      StopTask: (text) => {
        const { cluster, task } = JSON.parse(text) as { cluster: string; task: string };
        stopped.push(`${task} of ${cluster}`);
        return {};
      },
    });
    const args = ["container", "stop", ID, "--yes", "--on", "aws"];
    const { code } = await windlass(ROOT, args, env);

    expect(code).toBe(0);
    expect(stopped).toEqual(["task-1 of hosts"]);
  });
});
