import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ScheduleFile } from "../../lib/local/schedules/schedule-store.ts";
import { appProject, windlass } from "../cli/cli.ts";
import { serveProject } from "./served.ts";

const MINUTE_MS = 60_000;
const SOURCE = `
import { App, Cron } from "windlass";
export const app = new App("timed");
export const job = app.function("job", { schedule: new Cron("* * * * *") }, () => {
  process.stdout.write("ran\\n");
});
`;

/** The schedule was looked at five minutes ago: it has missed runs, and makes up for the last one. */
async function lookedAt(stateDirectory: string): Promise<void> {
  mkdirSync(stateDirectory);
  const file = await ScheduleFile.open(stateDirectory);
  const handled = Date.now() - 5 * MINUTE_MS;
  await file.change({ app: "timed", name: "job" }, (record) => ({
    ...record,
    definition: "* * * * * UTC",
    anchor: handled,
    handled,
  }));
  await file.close();
}

test("an app without endpoints is served for its schedules, which fire, over reloads too", async () => {
  const root = appProject({ "app.ts": SOURCE });
  await lookedAt(join(root, ".windlass"));
  await using served = await serveProject(root);

  await served.running.seen(/job runs \* \* \* \* \* UTC, next .*UTC/);
  await served.running.seen(/ran/);
  writeFileSync(join(root, "app.ts"), `${SOURCE}\nexport const other = 1;\n`);
  await served.running.seen(/reloaded/);

  const { stdout } = await windlass(root, ["schedule", "list", "app.ts", "--json"]);
  const [{ last }] = JSON.parse(stdout);
  expect(Date.parse(last.at) % MINUTE_MS).toBe(0);
  expect(Date.now() - Date.parse(last.at)).toBeLessThan(15 * MINUTE_MS);
});

test("an app with neither is not served", async () => {
  const root = appProject({
    "app.ts": 'import { App } from "windlass"; export const app = new App("empty");',
  });

  const { code, stderr } = await windlass(root, ["serve", "app.ts"]);

  expect(code).toBe(2);
  expect(stderr).toContain("has no endpoint and no schedule");
});
