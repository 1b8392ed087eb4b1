import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import * as windlass from "windlass";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

async function run(code: string): Promise<string> {
  const args = ["--input-type=module", "--eval", code];
  return (await promisify(execFile)(process.execPath, args, { cwd: ROOT })).stdout.trim();
}

test("the package exports these names", () => {
  expect(Object.keys(windlass).sort()).toMatchInlineSnapshot(`
    [
      "AlreadyExistsError",
      "App",
      "CloudBucketMount",
      "ContainerCrashedError",
      "ContainerStartupError",
      "Cron",
      "DeployedCls",
      "DeployedFunction",
      "DeserializationError",
      "Dict",
      "ExecutionError",
      "FilePatternMatcher",
      "FunctionCall",
      "FunctionTimeoutError",
      "HttpError",
      "Image",
      "InputCancellation",
      "InvalidError",
      "NoBackendError",
      "NonRetriableError",
      "NotFoundError",
      "OutputExpiredError",
      "Period",
      "Queue",
      "QueueEmptyError",
      "QueueFullError",
      "RemoteError",
      "RequestSizeError",
      "Retries",
      "SPEC_VERSION",
      "Secret",
      "SerializationError",
      "TimeoutError",
      "Volume",
      "WindlassError",
      "connect",
      "currentCall",
      "currentFunctionCallId",
      "currentInputId",
      "enter",
      "enterSnapshot",
      "exit",
      "gather",
      "getLocalInputConcurrency",
      "isLocal",
      "isWindlassError",
      "logs",
      "nodeListener",
      "onNotice",
      "preempt",
      "resolveSpec",
      "setLocalInputConcurrency",
      "specText",
      "stopFetchingInputs",
      "zip",
    ]
  `);
});

test("importing the package loads nothing but Node and its own files, and no engine", async () => {
  // A loader hook: it alone sees every file that is loaded.
  const hook = `
    import { writeSync } from "node:fs";
    export async function load(url, context, next) {
      writeSync(1, url + "\\n");
      return next(url, context);
    }`;
  const code = `
    import { register } from "node:module";
    register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hook)}`)});
    await import("windlass");`;

  const urls = (await run(code)).split("\n").filter((url) => !url.startsWith("node:"));

  const dist = new URL("../../dist/", import.meta.url).href;
  expect(urls).toContain(`${dist}lib/index.js`);
  expect(urls.filter((url) => !url.startsWith(dist) || url.includes("/local/"))).toEqual([]);
});
