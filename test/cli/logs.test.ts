import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { appProject, type Outcome, report, start, windlass } from "./cli.ts";

const APP = `
import { App, logs } from "windlass";
export const app = new App("media");
export const greet = app.function("greet", (name: string) => {
  console.log("hello " + name);
  console.error("dear\\t" + name);
});
export const main = app.entrypoint("main", async () => {
  await greet.remote("Ada");
  const call = await greet.spawn("Bob");
  await call.get();
  return call.id;
});
export const look = app.entrypoint("look", async () => {
  const since = new Date();
  await greet.remote("Cy");
  const streamed: string[] = [];
  for await (const { text, function: name } of logs.stream("media", { since, stream: "stdout" })) {
    streamed.push(name + ": " + text);
    break;
  }
  const fetched: string[] = [];
  for await (const { text } of logs.fetch("media", { since, search: /cy$/i })) fetched.push(text);
  const [last] = await logs.tail("media", { count: 1, stream: "stdout" });
  return { streamed, fetched: fetched.sort(), last: last?.text };
});
`;

let root: string;
let remove: () => void;
let call: string;

beforeAll(async () => {
  root = appProject({ "app.ts": APP }, (removing) => {
    remove = removing;
  });
  const { stdout } = await windlass(root, ["run", "app.ts::main", "--json"]);
  call = JSON.parse(stdout) as string;
});

afterAll(() => remove());

const logs = (...args: readonly string[]): Promise<Outcome> =>
  windlass(root, ["app", "logs", ...args]);

describe("windlass app logs, on this machine", () => {
  it("shows what containers of runs have written, by the app's name or its module", async () => {
    const { stdout, stderr } = await logs("media");
    expect(stderr).toBe("");
    expect(stdout.trimEnd().split("\n").sort()).toEqual(
      ["dear\tAda", "dear\tBob", "hello Ada", "hello Bob"].map((text) => `greet  ${text}`),
    );
    const { stdout: same } = await logs("app.ts", "--since", "1h");
    expect(same.split("\n").sort()).toEqual(stdout.split("\n").sort());
  });

  it("shows lines of one call, of a stream, and those that match", async () => {
    const { stdout } = await logs("media", "--call", call, "--source", "stdout", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ app: "media", function: "greet", stream: "stdout", text: "hello Bob" },
      ...{ call: call.replace(/\.\d+$/, ""), container: expect.stringMatching(/^ct-/) },
    });
    const { stdout: matching } = await logs("media", "--search", "/^DEAR\\tb/i");
    expect(matching).toBe("greet  dear\tBob\n");
  });

  it("gives code the same lines", async () => {
    const { stdout, stderr } = await windlass(root, ["run", "app.ts::look", "--json", "--quiet"]);
    expect(stderr.split("\n").sort()).toEqual(["", "dear\tCy", "hello Cy"]);
    expect(JSON.parse(stdout)).toEqual({
      ...{ streamed: ["greet: hello Cy"], fetched: ["dear\tCy", "hello Cy"], last: "hello Cy" },
    });
  });

  it("goes on with what another process runs", async () => {
    const following = start(root, ["app", "logs", "media", "-f", "-n", "1"]);
    await following.seen(/greet/);
    await windlass(root, ["run", "app.ts::greet", "Eve"]);
    await following.seen(/hello Eve/);
    following.child.kill("SIGKILL");
    await following.ended;
  });

  it.each<[string, readonly string[]]>([
    ["an app that has written nothing", ["video"]],
    ["no app", []],
    ["a source that is none", ["media", "--source", "disk"]],
    ["a call that is none", ["media", "--call", "42"]],
    ["a container that is none", ["media", "--container", "resize"]],
    ["an expression that is none", ["media", "--search", "/a(/"]],
    ["a place that is none", ["media", "--on", "moon"]],
  ])("refuses %s", async (_, args) => {
    const outcome = await logs(...args);
    expect(outcome.stdout).toBe("");
    expect(report(root, outcome)).toMatchSnapshot();
  });
});
