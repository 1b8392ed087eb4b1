import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, expect, it } from "vitest";
import { withTemporaryFolder } from "../../cdk/toolkit/temporary-folder.ts";
import { tempProject } from "../bundle/temp-project.ts";

const scratch = tempProject({}, afterAll);
const SOURCE = join(import.meta.dirname, "../../cdk/toolkit/temporary-folder.ts");

it("is there while it is used, and gone afterwards", async () => {
  const [folder, wasThere] = await withTemporaryFolder(async (given) => {
    writeFileSync(join(given, "template.json"), "{}");
    return [given, existsSync(given)];
  });

  expect([wasThere, existsSync(String(folder))]).toEqual([true, false]);
});

it("is gone after a failure as well", async () => {
  let folder = "";
  const failed = withTemporaryFolder(async (given) => {
    folder = given;
    throw new RangeError("no such template");
  });

  await expect(failed).rejects.toThrow("no such template");
  expect(existsSync(folder)).toBe(false);
});

it("leaves no listener behind", async () => {
  const before = process.listenerCount("SIGINT");
  await withTemporaryFolder(async () => {});

  expect(process.listenerCount("SIGINT")).toBe(before);
});

it.each([
  ["Ctrl-C", "", "SIGINT"],
  ["a signal to end", "", "SIGTERM"],
  [
    "Ctrl-C that another listener answers",
    "process.on('SIGINT', () => process.exit(7));",
    "SIGINT",
  ],
] as const)("is gone when the process ends by %s", async (_, others, signal) => {
  const outfile = join(scratch, `${signal}-${others.length}.mjs`);
  await build({
    stdin: {
      contents: `import { withTemporaryFolder } from ${JSON.stringify(SOURCE)};
        ${others}
        const alive = setInterval(() => {}, 1000);
        withTemporaryFolder((folder) => new Promise(() => process.stdout.write(folder)));`,
      resolveDir: import.meta.dirname,
    },
    ...{ outfile, bundle: true, platform: "node", format: "esm" },
  });
  const child = spawn(process.execPath, [outfile], { stdio: ["ignore", "pipe", "inherit"] });
  const [data] = await once(child.stdout, "data");
  const folder = String(data);
  expect(existsSync(folder)).toBe(true);
  child.kill(signal);
  const [code, endedBy] = await once(child, "exit");

  expect([code, endedBy]).toEqual(others === "" ? [null, signal] : [7, null]);
  expect(existsSync(folder)).toBe(false);
});
