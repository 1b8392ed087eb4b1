import { expect, it } from "vitest";
import { windlassRun } from "./cli.ts";

it("hello runs one function here and in a container", async () => {
  const { stdout } = await windlassRun("examples/hello.ts", "--n", "4");

  const here = /this is process (\d+)/.exec(stdout)?.[1];
  const pids = [...stdout.matchAll(/squaring 4 in process (\d+)/g)].map(([, pid]) => pid);
  expect(pids).toHaveLength(2);
  expect(pids[0]).toBe(here);
  expect(pids[1]).not.toBe(here);
  expect(stdout).toContain("local: 16\n");
  expect(stdout).toContain("remote: 16\n");
});

it("map counts primes in order and yields a failure in its place", async () => {
  const { stdout } = await windlassRun("examples/map.ts", "--ranges", "10");

  expect(stdout).toBe(
    [
      "9592 primes below 100000",
      "primes in three ranges: 4, 5, 4",
      "output: 0.25",
      "failed: zero has no reciprocal",
      "",
    ].join("\n"),
  );
});

it("cls enters once, serves every input and exits once", async () => {
  const { stdout } = await windlassRun("--quiet", "examples/cls.ts", "--file", "LICENSE");

  expect(stdout.match(/indexed \d+ words/g)).toHaveLength(1);
  expect(stdout.match(/served 3 lookups/g)).toHaveLength(1);
  expect(stdout).toMatch(/^unicorn: not found$/m);
});

it("cls finds the lines of a word", async () => {
  const { stdout } = await windlassRun("examples/cls.ts", "--file", "LICENSE", "--word", "MIT");

  expect(stdout).toMatch(/^MIT: line 1$/m);
});

it("spawn stores a call that another process collects, as often as it likes", async () => {
  const started = await windlassRun("--quiet", "examples/spawn.ts::start", "--n", "100");
  const id = started.stdout.trim();

  for (let time = 0; time < 2; time += 1) {
    const { stdout } = await windlassRun("examples/spawn.ts::collect", "--id", id);
    expect(stdout).toBe("result: 354224848179261915075\n");
  }
});

it("spawn stores many calls at once and gathers several", async () => {
  const { stdout } = await windlassRun("examples/spawn.ts::many");

  expect(stdout).toBe("3 inputs, the last is 832040\ngathered 5 and 8\n");
});

it("python calls functions and a class in Python, which calls back", async () => {
  const { stdout } = await windlassRun("examples/python.ts", "--seed", "7");

  expect(stdout).toMatch(
    /^mean 2\.5, median 2\.5\nmean 40, median 20\npi begins with 3141592653\n7 words known\nthe( \w+){4}\n$/,
  );
});

it("nested counts the lines of a tree of folders", async () => {
  const { stdout } = await windlassRun("examples/nested.ts", "--folder", "test/codec");
  const { stdout: above } = await windlassRun("examples/nested.ts", "--folder", "test");

  const lines = Number(/^(\d+) lines in test\/codec$/m.exec(stdout)?.[1]);
  expect(lines).toBeGreaterThan(500);
  expect(Number.parseInt(above, 10)).toBeGreaterThan(lines);
});

it("image runs on what this machine has, and says so", async () => {
  const { stdout, stderr } = await windlassRun("examples/image.ts", "--frames", "2");

  const node = process.versions.node.split(".")[0];
  expect(stdout).toBe(`frame 0 on Node ${node}\nframe 1 on Node ${node}\ncaption of frame 2\n`);
  expect(stderr).toContain('notice: images are not built on this machine: "caption", "describe"');
});
