import { afterAll, expect, test } from "vitest";
import { appProject, isAlive, start } from "./cli.ts";

const SOURCE = `
import { App, exit } from "windlass";

export const app = new App("demo");
const nap = app.function("nap", async (n: number) => {
  console.log("pid " + process.pid);
  await new Promise((resolve) => setTimeout(resolve, 60_000));
});
const spin = app.function("spin", () => {
  console.log("pid " + process.pid);
  for (;;);
});
const Tidy = app.cls("Tidy", class {
  pid() { return process.pid; }
  [exit]() { console.log("tidied"); }
});
const Slow = app.cls("Slow", class {
  pid() { return process.pid; }
  async [exit]() { await new Promise((resolve) => setTimeout(resolve, 60_000)); }
});
const forever = () => nap.forEach([1]);
app.entrypoint("naps", forever);
app.entrypoint("spins", () => spin.remote());
app.entrypoint("tidies", async () => {
  console.log("pid " + (await new Tidy().pid.remote()));
  await forever();
});
app.entrypoint("slow", async () => {
  console.log("pid " + (await new Slow().pid.remote()));
  await forever();
});
app.entrypoint("exits", async () => {
  void forever();
  await new Promise((resolve) => setTimeout(resolve, 500));
  process.exit(3);
});
`;

const ROOT = appProject({ "app.ts": SOURCE }, afterAll);

async function begin(entrypoint: string) {
  const running = start(ROOT, ["run", `app.ts::${entrypoint}`]);
  const [, pid] = await running.seen(/pid (\d+)/);
  return { ...running, pid: Number(pid) };
}

test.each([
  ["SIGINT", "naps", 130],
  ["SIGTERM", "naps", 143],
  ["SIGHUP", "naps", 129],
  ["SIGINT", "spins", 130],
] as const)("%s during %s ends everything within 2 s", async (signal, entrypoint, code) => {
  const { child, ended, pid } = await begin(entrypoint);
  const sentAt = performance.now();

  child.kill(signal);

  const outcome = await ended;
  expect(outcome.code).toBe(code);
  expect(outcome.stderr).toContain("notice: stopping; press Ctrl-C again to stop at once\n");
  expect(performance.now() - sentAt).toBeLessThan(2000);
  await expect.poll(() => isAlive(pid)).toBe(false);
});

test("lets idle containers run their exit hooks", async () => {
  const { child, ended, seen } = await begin("tidies");
  await seen(/nap .*pid/);

  child.kill("SIGINT");

  expect((await ended).stdout).toContain("│ tidied\n");
});

test("ends an exit hook that takes too long", async () => {
  const { child, ended, pid, seen } = await begin("slow");
  await seen(/nap .*pid/);
  const sentAt = performance.now();

  child.kill("SIGINT");

  expect(await ended).toMatchObject({ code: 130 });
  expect(performance.now() - sentAt).toBeLessThan(2000);
  await expect.poll(() => isAlive(pid)).toBe(false);
});

test("ends at once at the second signal", async () => {
  const { child, ended, pid, seen } = await begin("slow");
  await seen(/nap .*pid/);
  child.kill("SIGINT");
  await seen(/press Ctrl-C again/);
  const sentAt = performance.now();

  child.kill("SIGINT");

  expect(await ended).toMatchObject({ code: 130 });
  expect(performance.now() - sentAt).toBeLessThan(1000);
  await expect.poll(() => isAlive(pid)).toBe(false);
});

test("leaves no process behind when user code exits, or the command is killed", async () => {
  const exits = await begin("exits");
  expect(await exits.ended).toMatchObject({ code: 3 });
  await expect.poll(() => isAlive(exits.pid)).toBe(false);

  const killed = await begin("naps");
  killed.child.kill("SIGKILL");
  await killed.ended;
  await expect.poll(() => isAlive(killed.pid)).toBe(false);
});
