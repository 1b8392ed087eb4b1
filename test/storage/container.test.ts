import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Dict, type Run, resolveSpec, Secret, specText, Volume } from "windlass";
import { stateDirectoryOf } from "../../lib/local/project.ts";
import {
  app,
  count,
  fail,
  keep,
  large,
  narrow,
  reach,
  remove,
  rename,
  stray,
  tell,
  unmounted,
  variables,
} from "./container-app.ts";
import { folderOf } from "./folders.ts";

const STATE = stateDirectoryOf(join(import.meta.dirname, "../.."));
const SECRETS = join(STATE, "secrets");

describe("code in a container", () => {
  let run: Run;

  beforeAll(async () => {
    run = await app.run({ backend: "local", output: false });
  });
  afterAll(async () => {
    await Dict.objects.delete("counts", { allowMissing: true });
    await Secret.objects.delete("named", { allowMissing: true });
    await run.close();
  });

  it("shares dicts with other containers and with this program", async () => {
    const counts = Dict.fromName<number>("counts", { createIfMissing: true });
    await counts.clear();
    await Promise.all(Array.from({ length: 20 }, () => count.remote("visits")));
    expect(await counts.get("visits")).toBe(20);
  });

  it("sends many entries and large values through its agent", async () => {
    expect(await large.remote(20_000_000)).toBe(20_000_000);
    const counts = Dict.fromName<number>("counts");
    expect(await counts.get("bulk-1499")).toBe(1499);
  });

  it("reaches a dict without a name by its id", async () => {
    await using dict = await Dict.ephemeral<string>();
    await dict.put("greeting", "hello");
    expect(await reach.remote((await dict.info()).id)).toBe("hello");
  });

  it("keeps files in a volume that it does not mount", async () => {
    const local = join(folderOf({ "a file": "from the disk" }), "a file");
    const text = "ü".repeat(5_000_000);
    const kept = await keep.remote(text, local);
    expect(kept.text).toBe(text);
    expect(kept.paths).toEqual(["copy", "copy/a file", "copy/text", "in", "in/a file"]);
    await expect(unmounted.remote()).rejects.toMatchObject({
      code: "WINDLASS_VOLUME_NOT_MOUNTED",
      message: 'volume "container-files" is not mounted in this process',
    });
    await expect(rename.remote()).rejects.toMatchObject({
      code: "WINDLASS_OBJECTS_IN_CONTAINER",
      hint: expect.stringContaining("windlass volume rename"),
    });
    await Volume.objects.delete("container-files");
  });

  it("may use what its module names, or what its `uses` does, and nothing else", async () => {
    await expect(stray.remote()).rejects.toMatchObject({
      code: "WINDLASS_NOT_IN_USES",
      message:
        'function "stray" may not use dict "unlisted": its module does not name it when it is loaded',
    });
    await expect(narrow.remote()).rejects.toMatchObject({
      code: "WINDLASS_NOT_IN_USES",
      message: 'function "narrow" may not use dict "counts": it is not in its `uses`',
    });
    await expect(remove.remote()).rejects.toMatchObject({ code: "WINDLASS_OBJECTS_IN_CONTAINER" });
  });

  it("does not start without its secrets, and says which command makes them", async () => {
    await Secret.objects.delete("named", { allowMissing: true });
    await expect(variables.remote()).rejects.toMatchObject({
      code: "WINDLASS_OBJECT_NOT_FOUND",
      hint: expect.stringContaining("windlass secret create named"),
    });
    await Secret.objects.create("named", { OTHER: "value" });
    await expect(variables.remote()).rejects.toMatchObject({
      code: "WINDLASS_SECRET_KEYS_MISSING",
      message: expect.stringContaining('secret "named" of "variables" has no "NAMED"'),
    });
  });

  it("has the variables of its secrets: those of the app, then its own, then `env`", async () => {
    await Secret.objects.create("named", {}, { allowExisting: true });
    await Secret.fromName("named").update({ NAMED: "by-name-planted" });
    expect(await variables.remote()).toEqual({
      TOKEN: "app-token-planted",
      SHARED: "from-function-secret",
      LEVEL: "from-env",
      NAMED: "by-name-planted",
      none: false,
    });
  });

  it("throws without values of secrets, and returns what its code returns", async () => {
    const error = await fail.remote().then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    const { message, cause, stack = "" } = error ?? {};
    expect({ message, cause, url: Object(error).url }).toMatchObject({
      message: '"***" was refused',
      cause: expect.objectContaining({ message: "401 for ***" }),
      url: "/?token=***",
    });
    expect(stack).not.toContain("planted");
    expect(await tell.remote()).toBe("app-token-planted");
  });

  it("leaves no value of a secret in the AppSpec, nor readable for others on the disk", async () => {
    await Secret.objects.create("named", { NAMED: "by-name-planted" }, { allowExisting: true });
    expect(specText(resolveSpec(app))).not.toMatch(/planted|from-app-secret|from-function-secret/);
    const file = join(SECRETS, "named.json");
    expect(readFileSync(file, "utf8")).toContain("planted");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(SECRETS).mode & 0o777).toBe(0o700);
    await Secret.objects.delete("named");
    expect(() => statSync(file)).toThrow("ENOENT");
    rmSync(SECRETS, { recursive: true, force: true });
  });
});
