import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { App, resolveSpec, specText } from "windlass";
import { app as everything } from "../fixtures/apps/everything.ts";
import { shared } from "../fixtures/apps/shared.ts";

const FOLDER = fileURLToPath(new URL("../fixtures/apps/", import.meta.url));

function schemaErrors(spec: unknown): unknown {
  const file = createRequire(import.meta.url).resolve("windlass/appspec.schema.json");
  const validate = new Ajv2020().compile(JSON.parse(readFileSync(file, "utf8")));
  return validate(spec) ? [] : validate.errors;
}

test("a function without options has the defaults of Modal", () => {
  const app = new App("media");
  app.function("resize", () => 1);

  expect(resolveSpec(app).functions).toMatchInlineSnapshot(`
    [
      {
        "architecture": "amd64",
        "batch": null,
        "blockNetwork": false,
        "bufferContainers": 0,
        "concurrency": {
          "maxInputs": 1,
          "targetInputs": 1,
        },
        "cpu": {
          "limit": null,
          "request": 0.125,
        },
        "enableMemorySnapshot": false,
        "env": {},
        "ephemeralDiskGiB": null,
        "events": {
          "completedRate": 0,
          "failures": true,
        },
        "generator": false,
        "gpu": [],
        "image": "0f03e29f5df8bb647555e00ebacdf27931d1f628eb03b00e62bf20441e569612",
        "kind": "function",
        "maxContainers": null,
        "memoryMiB": {
          "limit": null,
          "request": 128,
        },
        "methods": [],
        "minContainers": 0,
        "name": "resize",
        "nonpreemptible": false,
        "objects": [],
        "on": [],
        "python": null,
        "retries": {
          "backoffCoefficient": 1,
          "initialDelaySeconds": 1,
          "maxDelaySeconds": 60,
          "maxRetries": 0,
        },
        "scaledownWindowSeconds": 60,
        "schedule": null,
        "secrets": [],
        "singleUseContainers": false,
        "snapshotCaches": [],
        "spot": "prefer",
        "startupTimeoutSeconds": 300,
        "timeoutSeconds": 300,
        "uses": null,
        "volumes": [],
        "web": null,
      },
    ]
  `);
});

test("a spec has every option, resolved and sorted by name", () => {
  expect(specText(resolveSpec(everything))).toMatchSnapshot();
});

test.each([everything, shared, new App("empty")])(
  "the spec of $name follows the published JSON Schema",
  (app) => {
    expect(schemaErrors(JSON.parse(specText(resolveSpec(app))))).toEqual([]);
  },
);

test("the JSON Schema refuses unknown fields and values out of range", () => {
  const app = new App("media");
  app.function("resize", () => 1);
  const spec = resolveSpec(app);

  expect(schemaErrors({ ...spec, colour: "red" })).not.toEqual([]);
  expect(schemaErrors({ ...spec, version: 2 })).not.toEqual([]);
  expect(
    schemaErrors({ ...spec, functions: [{ ...spec.functions[0], timeoutSeconds: 0 }] }),
  ).not.toEqual([]);
});

test("the JSON Schema refuses what is no image", () => {
  const spec = resolveSpec(everything);
  const [image] = spec.images;

  for (const wrong of [{ hash: "1" }, { platform: "linux/s390x" }, { layers: [{}] }, { size: 1 }]) {
    expect(schemaErrors({ ...spec, images: [{ ...image, ...wrong }] })).not.toEqual([]);
  }
});

test("a spec cannot be changed, at any depth", () => {
  const spec = resolveSpec(everything);
  const values: unknown[] = [spec];

  for (const value of values) {
    if (typeof value !== "object" || value === null) continue;
    expect(Object.isFrozen(value)).toBe(true);
    values.push(...Object.values(value));
  }
});

test("two processes with other languages and time zones write the same bytes", async () => {
  const code = [
    `const { app } = await import(${JSON.stringify(`${FOLDER}everything.ts`)});`,
    `const { resolveSpec, specText } = await import("windlass");`,
    `process.stdout.write(specText(resolveSpec(app)));`,
  ].join("");
  const read = async (env: NodeJS.ProcessEnv): Promise<string> => {
    const args = ["--import", "tsx", "--input-type=module", "--eval", code];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      env: { ...process.env, ...env },
    });
    return stdout;
  };

  const [first, second] = await Promise.all([
    read({ LC_ALL: "C", TZ: "UTC" }),
    read({ LC_ALL: "sv_SE.UTF-8", TZ: "Asia/Tokyo" }),
  ]);

  expect(first).toBe(second);
  expect(first).toBe(specText(resolveSpec(everything)));
  expect(first).not.toContain(process.cwd());
});

test("the order of definitions does not change a spec", () => {
  const texts = [
    ["a", "B", "ä"],
    ["ä", "a", "B"],
  ].map((tags) => {
    const app = new App("media", { tags: Object.fromEntries(tags.map((tag) => [tag, ""])) });
    for (const name of tags[0] === "a" ? ["x", "Y"] : ["Y", "x"]) app.function(name, () => 1);
    return specText(resolveSpec(app));
  });

  expect(texts[0]).toBe(texts[1]);
});

test("an entrypoint's schema without a JSON Schema part is null", () => {
  const app = new App("media");
  const validate = (value: unknown) => ({ value });
  const schema = { "~standard": { version: 1 as const, vendor: "test", validate } };
  app.entrypoint("main", { args: schema }, () => 1);

  expect(resolveSpec(app).entrypoints).toEqual([{ name: "main", args: null }]);
});
