import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { appProject } from "../cli/cli.ts";
import { facts, fakeAws } from "../cli/fake-aws.ts";

const SCRIPT = `
import { logs } from "windlass";
const where = { environment: "default" };
const lines = [];
for await (const { text } of logs.fetch("media", { ...where, since: new Date(0) })) lines.push(text);
const [last] = await logs.tail("media", { ...where, count: 1, function: "resize" });
const missing = await logs.tail("video", where).catch(({ code }) => code);
console.log(JSON.stringify({ lines, last, missing }));
`;

it("a program reads the log of a deployed app", async () => {
  const at = Date.now();
  const deployment = { number: 1, manifestKey: "manifests/media/1" };
  const env = await fakeAws({
    GetParametersByPath: facts("1"),
    GetItem: (text) => {
      const { Key } = JSON.parse(text) as { Key: Record<"pk" | "sk", { S: string }> };
      if (Key.pk.S !== "media#deployment") return {};
      return { Item: { ...Key, version: { N: "1" }, body: { S: JSON.stringify(deployment) } } };
    },
    FilterLogEvents: (text) => {
      expect(JSON.parse(text)).toMatchObject({ logGroupName: "/windlass/default/media" });
      const message = "resize\tct-1\tstdout fc-1\tout of memory";
      return {
        events: [
          { eventId: "1", timestamp: at, message: "no bus" },
          { eventId: "2", timestamp: at, message },
        ],
      };
    },
  });
  const cwd = appProject({ "logs.mjs": SCRIPT });

  const { stdout } = await promisify(execFile)(process.execPath, ["logs.mjs"], {
    cwd,
    env: { ...process.env, ...env },
  });

  expect(JSON.parse(stdout)).toEqual({
    lines: ["no bus", "out of memory"],
    last: {
      ...{ at, app: "media", function: "resize", container: "ct-1", call: "fc-1" },
      ...{ stream: "stdout", text: "out of memory" },
    },
    missing: "WINDLASS_APP_NOT_DEPLOYED",
  });
});
