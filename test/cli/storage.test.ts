import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { appProject, report, windlass } from "./cli.ts";

const ROOT = appProject({}, afterAll);
const MAIN = resolve(import.meta.dirname, "../../dist/bin/main.js");

async function output(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await windlass(ROOT, args);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout;
}

describe("windlass dict", () => {
  test("makes a dict, shows what is in it, and removes it", async () => {
    await output("dict", "create", "cache");
    await output("dict", "put", "cache", "n", "3");
    await output("dict", "put", "cache", "text", "hello");
    expect(await output("dict", "get", "cache", "n")).toBe("3\n");
    expect(await output("dict", "get", "cache", "text", "--json")).toBe('"hello"\n');
    expect(await output("dict", "items", "cache")).toBe('n  3\ntext  "hello"\n');
    expect(await output("dict", "items", "cache", "--json")).toBe(
      '{"key":"n","value":3}\n{"key":"text","value":"hello"}\n',
    );
    expect(JSON.parse(await output("dict", "list", "--json"))).toMatchObject([{ name: "cache" }]);
    await output("dict", "clear", "cache");
    expect(await output("dict", "items", "cache")).toBe("");
    await output("dict", "delete", "cache");
    expect(await output("dict", "list")).toBe("there is no dict\n");
    await output("dict", "delete", "cache", "--allow-missing");
  });

  test("says what is wrong with what it is given", async () => {
    expect(report(ROOT, await windlass(ROOT, ["dict", "lst"]))).toMatchInlineSnapshot(`
      "error[WINDLASS_UNKNOWN_ACTION] \`windlass dict\` does create, list, delete, items, get, put, clear, got "lst"
      hint: did you mean \`list\`?
      exit 2"
    `);
    expect(report(ROOT, await windlass(ROOT, ["dict", "get", "a"]))).toMatchInlineSnapshot(`
      "error[WINDLASS_USAGE] \`windlass dict get\` takes <name> <key>, got 1
      hint: write \`windlass dict get <name> <key>\`
      exit 2"
    `);
    expect(report(ROOT, await windlass(ROOT, ["dict", "get", "a", "b"]))).toMatchInlineSnapshot(`
      "error[WINDLASS_OBJECT_NOT_FOUND] there is no dict "a"; there are none
      hint: create it with \`windlass dict create a\`, or by \`Dict.fromName("a", { createIfMissing: true })\`
      exit 1"
    `);
    expect(
      report(ROOT, await windlass(ROOT, ["dict", "list", "--on", "mars"])),
    ).toMatchInlineSnapshot(`
      "error[WINDLASS_PLACE] \`--on\` must be local or aws, got "mars"
      hint: write \`--on aws\`, or leave it out for this machine
      exit 2"
    `);
  });
});

test("windlass queue looks into queues without taking from them", async () => {
  await output("queue", "create", "jobs");
  expect(await output("queue", "len", "jobs")).toBe("0\n");
  expect(await output("queue", "peek", "jobs", "3")).toBe("");
  expect(await output("queue", "len", "jobs", "--total")).toBe("0\n");
  await output("queue", "clear", "jobs", "--all");
  expect(JSON.parse(await output("queue", "list", "--json"))).toMatchObject([{ name: "jobs" }]);
  await output("queue", "delete", "jobs");
});

describe("windlass volume", () => {
  test("copies files to a volume, within it and from it, whatever they are called", async () => {
    await output("volume", "create", "files");
    const [folder, target] = [join(ROOT, "folder"), join(ROOT, "target")];
    mkdirSync(join(folder, "sub"), { recursive: true });
    writeFileSync(join(folder, "sub/-rf ü"), "one");
    writeFileSync(join(folder, "two"), "two");
    await output("volume", "put", "files", folder, "/v1");
    await output("volume", "put", "files", join(folder, "two"));
    expect(await output("volume", "ls", "files")).toMatch(
      /^3 B {2}\S+Z {2}two\n {5}\S+Z {2}v1\/\n$/,
    );
    await output("volume", "cp", "files", "v1", "v2", "-r");
    await output("volume", "rm", "files", "v1", "-r");
    const listed = await output("volume", "ls", "files", "v2", "-r", "--json");
    expect(
      listed
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { path: "v2/sub", type: "directory" },
      { path: "v2/sub/-rf ü", type: "file", size: 3 },
      { path: "v2/two", type: "file", mode: 0o644 },
    ]);
    expect(await output("volume", "get", "files", "v2/sub/-rf ü", "-")).toBe("one");
    await output("volume", "get", "files", "v2", target);
    expect(readFileSync(join(target, "sub/-rf ü"), "utf8")).toBe("one");
    await output("volume", "rename", "files", "renamed");
    expect(JSON.parse(await output("volume", "list", "--json"))).toMatchObject([
      { name: "renamed" },
    ]);
    await output("volume", "delete", "renamed");
    expect(await output("volume", "list")).toBe("there is no volume\n");
  });

  test("replaces nothing unless it is told to, and says what is not there", async () => {
    await output("volume", "create", "kept");
    const file = join(ROOT, "kept.txt");
    writeFileSync(file, "old");
    await output("volume", "put", "kept", file, "a/");
    expect(
      report(ROOT, await windlass(ROOT, ["volume", "put", "kept", file, "a/"])),
    ).toMatchInlineSnapshot(`
        "error[WINDLASS_VOLUME_FILE_EXISTS] volume "kept" has "a/kept.txt" already
        hint: write \`force: true\` (\`--force\`) to replace files
        exit 1"
      `);
    writeFileSync(file, "new");
    await output("volume", "put", "kept", file, "a/", "--force");
    expect(await output("volume", "get", "kept", "a/kept.txt", "-")).toBe("new");
    expect(
      report(ROOT, await windlass(ROOT, ["volume", "get", "kept", "a/kept.txt"])),
    ).toMatchInlineSnapshot(`
        "error[WINDLASS_FILE_EXISTS] there is "ROOT/kept.txt" already
        hint: write \`--force\` to replace files, or choose another place
        exit 1"
      `);
    expect(
      report(ROOT, await windlass(ROOT, ["volume", "rm", "kept", "a"])),
    ).toMatchInlineSnapshot(`
        "error[WINDLASS_VOLUME_FOLDER] "a" of volume "kept" is a folder
        hint: write \`recursive: true\` to take it with all that is in it
        exit 1"
      `);
    expect(
      report(ROOT, await windlass(ROOT, ["volume", "ls", "kept", "b"])),
    ).toMatchInlineSnapshot(`
        "error[WINDLASS_VOLUME_PATH_NOT_FOUND] volume "kept" has no "b"
        hint: see what it has: \`windlass volume ls kept -r\`
        exit 1"
      `);
    expect(
      report(ROOT, await windlass(ROOT, ["volume", "ls", "kept", "../b"])),
    ).toMatchInlineSnapshot(`
        "error[WINDLASS_VOLUME_PATH] a path of a volume must not have ".." in it, got "../b"
        hint: write names with "/" between them, from the root of the volume: "models/a.bin"
        exit 1"
      `);
    await output("volume", "delete", "kept");
  });
});

describe("windlass secret", () => {
  /** Runs it with this on standard input. */
  function create(input: string, ...args: string[]) {
    const command = [MAIN, "secret", "create", ...args];
    return spawnSync(process.execPath, command, { cwd: ROOT, input, encoding: "utf8" });
  }

  test("takes variables from operands, files and standard input, and never shows a value", async () => {
    await output("secret", "create", "one", "A=planted-1", "B=x=y");
    expect(create("C=planted-2\n", "two", "--from-dotenv", "-").status).toBe(0);
    expect(create('{"D":"planted-3"}', "three", "--from-json", "-").status).toBe(0);
    expect(create("planted-4\n", "four", "E").status).toBe(0);
    await output("secret", "create", "four", "--update", "F=planted-5");
    const listed = `${await output("secret", "list")}${await output("secret", "list", "--json")}`;
    for (const name of ["one", "two", "three", "four"]) expect(listed).toContain(name);
    expect(listed).not.toContain("planted");
    await output("secret", "delete", "one");
  });

  test("quotes no value in a message", () => {
    const broken = create('{"D":"planted', "five", "--from-json", "-");
    expect(broken.status).toBe(2);
    const named = create("", "six", "bad-name=planted");
    expect(named.status).toBe(1);
    expect(`${broken.stderr}${named.stderr}`).not.toContain("planted");
    expect(create("", "seven").stderr).toContain("WINDLASS_NO_SECRET_VALUES");
  });
});
