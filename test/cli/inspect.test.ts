import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { appProject, start } from "./cli.ts";
import { Debugger } from "./debugger.ts";

const SOURCE = `import { App } from "windlass";

export const app = new App("demo");

interface Job { readonly n: number }

export const work = app.function("work", (job: Job) => {
  const twice = job.n * 2;
  debugger;
  return twice;
});
`;

interface Location {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

interface Paused {
  readonly callFrames: readonly { readonly callFrameId: string; readonly location: Location }[];
}

interface Script {
  readonly scriptId: string;
  readonly url: string;
  readonly sourceMapURL: string;
}

test("a debugger stops on a line of TypeScript", async () => {
  const root = appProject({ "app.ts": SOURCE });
  const { ended, seen } = start(root, ["run", "app.ts", '{"n":21}', "--inspect-brk=0"]);
  const [url] = await seen(/ws:\/\/\S+/);
  const client = await Debugger.attach(url);
  const scripts = new Map<string, Script>();
  client.on("Debugger.scriptParsed", (script: Script) => scripts.set(script.scriptId, script));

  // As debuggers do: Node does not end while one is attached.
  client.on("Runtime.executionContextDestroyed", () => client.detach());
  await client.call("Runtime.enable");
  await client.call("Debugger.enable");
  const stopped = client.event("Debugger.paused");
  await client.call("Runtime.runIfWaitingForDebugger");
  const { callFrames } = (await stopped) as unknown as Paused;

  const [frame] = callFrames;
  assert(frame !== undefined);
  expect(original(frame.location, scripts)).toEqual({ file: `${root}/app.ts`, line: 9 });
  const evaluated = await client.call("Debugger.evaluateOnCallFrame", {
    callFrameId: frame.callFrameId,
    expression: "twice",
  });
  expect(evaluated).toMatchObject({ result: { value: 42 } });
  await client.call("Debugger.resume");
  expect(await ended).toMatchObject({ code: 0, stdout: "42\n" });
});

/** Where a debugger shows a location, by the source map that the script names. */
function original(location: Location, scripts: ReadonlyMap<string, Script>) {
  const script = scripts.get(location.scriptId);
  assert(script !== undefined);
  const map = new SourceMap(
    JSON.parse(readFileSync(new URL(script.sourceMapURL, script.url), "utf8")),
  );
  const entry = map.findEntry(location.lineNumber, location.columnNumber);
  assert("originalSource" in entry);
  const file = fileURLToPath(new URL(entry.originalSource, script.url));
  return { file, line: entry.originalLine + 1 };
}
