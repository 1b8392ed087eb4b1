import { expect, it } from "vitest";
import { App, Cron, Period, Secret } from "../../lib/index.ts";
import { resolveSpec } from "../../lib/resolve.ts";
import type { FunctionSpec } from "../../lib/spec.ts";
import { changeLines, diffFunctions } from "../../lib/spec-diff.ts";

/** Functions of an app that `define` makes. */
function functions(define: (app: App) => void): readonly FunctionSpec[] {
  const app = new App("media");
  define(app);
  return resolveSpec(app).functions;
}

function linesOf(before: (app: App) => void, after: (app: App) => void): string[] {
  return changeLines(diffFunctions(functions(before), functions(after)));
}

it("says nothing of what is as it was", () => {
  const define = (app: App): void => {
    app.function("resize", { memoryMiB: 1024, secrets: [Secret.fromName("db")] }, () => 1);
  };

  expect(linesOf(define, define)).toEqual([]);
});

it("names what has come and gone, schedules too", () => {
  const lines = linesOf(
    (app) => {
      app.function("thumb", () => 1);
      app.function(
        "nightly",
        { schedule: new Cron("0 9 * * *", { timezone: "Europe/Rome" }) },
        () => 1,
      );
      app.function("weekly", { schedule: new Period({ days: 7 }) }, () => 1);
    },
    (app) => {
      app.function("resize", { schedule: new Period({ hours: 2 }) }, () => 1);
      app.cls(
        "Llm",
        class {
          run() {
            return 1;
          }
        },
      );
      app.function(
        "nightly",
        { schedule: new Cron("0 8 * * *", { timezone: "Europe/Rome" }) },
        () => 1,
      );
      app.function("weekly", () => 1);
    },
  );

  expect(lines.sort()).toEqual([
    "+ class Llm",
    "+ function resize",
    "+ schedule of function resize: every 2 hours",
    "- function thumb",
    "- schedule of function weekly",
    "~ schedule of function nightly: from 0 9 * * * Europe/Rome → 0 8 * * * Europe/Rome",
  ]);
});

it("shows options with both values, what several functions share in one line", () => {
  const lines = linesOf(
    (app) => {
      app.function("resize", { memoryMiB: 1024, timeoutSeconds: 60 }, () => 1);
      app.function("thumb", { memoryMiB: 1024 }, () => 1);
    },
    (app) => {
      app.function("resize", { memoryMiB: 2048, gpu: ["L4", "T4"] }, () => 1);
      app.function("thumb", { memoryMiB: { request: 2048, limit: 4096 } }, () => 1);
    },
  );

  expect(lines).toContain("~ resize, thumb: memoryMiB 1024 → 2048");
  expect(lines).toContain("~ function thumb: memoryMiB.limit none → 4096");
  expect(lines).toContain("~ function resize: gpu none → L4, T4");
  expect(lines).toContain("~ function resize: timeoutSeconds 60 → 300");
});

it("names secrets, and shows no value of a variable", () => {
  const lines = linesOf(
    (app) => {
      app.function("resize", { env: { TOKEN: "hunter2", MODE: "a" } }, () => 1);
    },
    (app) => {
      const secrets = [Secret.fromName("db"), Secret.fromName("openai")];
      app.function("resize", { env: { TOKEN: "hunter3", LEVEL: "b" }, secrets }, () => 1);
    },
  );

  expect(lines).toEqual(
    expect.arrayContaining([
      "~ function resize: env.TOKEN set → another value",
      "~ function resize: env.LEVEL none → set",
      "~ function resize: env.MODE set → none",
      "~ function resize: secrets none → db, openai",
    ]),
  );
  expect(lines.join("\n")).not.toMatch(/hunter/);
});

it("takes an option that an old manifest lacks for one that is not used", () => {
  const [spec] = functions((app) => app.function("resize", () => 1));
  const { batch: _, snapshotCaches: __, ...old } = spec as FunctionSpec;

  expect(diffFunctions([old as FunctionSpec], [spec as FunctionSpec])).toEqual([]);
});
