import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { App, Period } from "windlass";
import { mistake } from "./mistake.ts";

const HERE = fileURLToPath(import.meta.url);

test("an App has a name of 1 to 64 safe characters", () => {
  expect(
    ["", "my app", "x".repeat(65), undefined, 3]
      .map((name) => mistake(() => new App(name as string)))
      .join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_APP_NAME
    the name of an App must be 1 to 64 letters, digits, ., _ or -, got ""
    hint: name it with the first argument, for instance "media"

    InvalidError WINDLASS_INVALID_APP_NAME
    the name of an App must be 1 to 64 letters, digits, ., _ or -, got "my app"
    hint: name it with the first argument, for instance "media"

    InvalidError WINDLASS_INVALID_APP_NAME
    the name of an App must be 1 to 64 letters, digits, ., _ or -, got "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
    hint: name it with the first argument, for instance "media"

    InvalidError WINDLASS_INVALID_APP_NAME
    the name of an App must be 1 to 64 letters, digits, ., _ or -, got undefined
    hint: name it with the first argument, for instance "media"

    InvalidError WINDLASS_INVALID_APP_NAME
    the name of an App must be 1 to 64 letters, digits, ., _ or -, got 3
    hint: name it with the first argument, for instance "media""
  `);
  expect(new App("My_app.v2-x").name).toBe("My_app.v2-x");
});

test("error classes of an App are classes that extend Error, none named as one of the language", () => {
  const refused = [
    [Error],
    { QuotaError: Date },
    { QuotaError: new Error("x") },
    { TypeError: class extends Error {} },
  ];
  expect(
    refused.map((errors) => mistake(() => new App("media", { errors } as object))).join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_ERRORS
    \`errors\` of app "media" must be an object of classes by name, got [null]
    hint: write \`errors: { QuotaError }\` with classes that extend Error

    InvalidError WINDLASS_INVALID_ERRORS
    \`errors\` of app "media" must hold classes that extend Error, got a function for "QuotaError"
    hint: write \`errors: { QuotaError }\` with classes that extend Error

    InvalidError WINDLASS_INVALID_ERRORS
    \`errors\` of app "media" must hold classes that extend Error, got {} for "QuotaError"
    hint: write \`errors: { QuotaError }\` with classes that extend Error

    InvalidError WINDLASS_INVALID_ERRORS
    \`errors\` of app "media" must not name a class as one of the language, got "TypeError"
    hint: rename the class"
  `);
});

test("options of an App are checked all at once", () => {
  expect(
    [
      { tags: { "": "x" } },
      { tags: { "windlass:function": "resize" } },
      { tags: { team: 3 } },
      { tags: { team: "x".repeat(64) } },
      { labels: { team: "x" } },
      { env: { "A-B": "1" }, tag: {} },
    ]
      .map((options) => mistake(() => new App("media", options as object)))
      .join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_TAG
    names in \`tags\` of app "media" must be 1 to 63 letters, digits, spaces and _ . : / = + - @, not beginning with windlass:, got ""
    hint: write names and strings, for instance \`{ team: "media" }\`

    InvalidError WINDLASS_INVALID_TAG
    names in \`tags\` of app "media" must be 1 to 63 letters, digits, spaces and _ . : / = + - @, not beginning with windlass:, got "windlass:function"
    hint: write names and strings, for instance \`{ team: "media" }\`

    InvalidError WINDLASS_INVALID_TAG
    "team" in \`tags\` of app "media" must be a string, got 3
    hint: write names and strings, for instance \`{ team: "media" }\`

    InvalidError WINDLASS_INVALID_TAG
    "team" in \`tags\` of app "media" must have at most 63 characters, got 64
    hint: write names and strings, for instance \`{ team: "media" }\`

    InvalidError WINDLASS_OPTION_RENAMED
    \`labels\` is not an option of app "media": it is \`tags\`
    hint: use \`tags\` instead

    InvalidError WINDLASS_SEVERAL_MISTAKES
    app "media" has 2 mistakes
      \`tag\` is not an option of app "media"; did you mean \`tags\`? (WINDLASS_OPTION_UNKNOWN)
      names in \`env\` of app "media" must be letters, digits and _, not beginning with a digit or WINDLASS_, got "A-B"; write names and strings, for instance \`{ LOG_LEVEL: "debug" }\` (WINDLASS_INVALID_ENV)
    hint: correct each of them"
  `);
});

test("names of functions, classes and entrypoints are 1 to 64 safe characters", () => {
  const app = new App("media");

  expect(
    [
      () => app.function("resize image", () => 1),
      () => app.function("a.b", () => 1),
      () =>
        app.cls(
          "",
          class {
            run() {}
          },
        ),
      () => app.entrypoint(undefined as never, () => 1),
    ]
      .map(mistake)
      .join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_NAME
    the name of a function must be 1 to 64 letters, digits, _ or -, got "resize image"
    hint: name it with the first argument, for instance "resize-image"

    InvalidError WINDLASS_INVALID_NAME
    the name of a function must be 1 to 64 letters, digits, _ or -, got "a.b"
    hint: name it with the first argument, for instance "resize-image"

    InvalidError WINDLASS_INVALID_NAME
    the name of a class must be 1 to 64 letters, digits, _ or -, got ""
    hint: name it with the first argument, for instance "resize-image"

    InvalidError WINDLASS_INVALID_NAME
    the name of an entrypoint must be 1 to 64 letters, digits, _ or -, got undefined
    hint: name it with the first argument, for instance "resize-image""
  `);
});

test("a name defined twice names both places", () => {
  const app = new App("media");
  app.function("resize", () => 1);
  app.entrypoint("main", () => 1);

  expect(
    [
      () => app.function("resize", () => 2),
      () =>
        app.cls(
          "resize",
          class {
            run() {}
          },
        ),
      () => app.entrypoint("resize", () => 2),
      () => app.function("main", () => 2),
    ]
      .map(mistake)
      .join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_DUPLICATE_NAME
    app "media" has "resize" twice in test/dsl/app.test.ts
    hint: give one of them another name: functions, classes and entrypoints share their names

    InvalidError WINDLASS_DUPLICATE_NAME
    app "media" has "resize" twice in test/dsl/app.test.ts
    hint: give one of them another name: functions, classes and entrypoints share their names

    InvalidError WINDLASS_DUPLICATE_NAME
    app "media" has "resize" twice in test/dsl/app.test.ts
    hint: give one of them another name: functions, classes and entrypoints share their names

    InvalidError WINDLASS_DUPLICATE_NAME
    app "media" has "main" twice in test/dsl/app.test.ts
    hint: give one of them another name: functions, classes and entrypoints share their names"
  `);
  expect(app.definitions.size).toBe(1);
});

test("a handler must be a function, and says what else to use", () => {
  const app = new App("media");
  const resize = app.function("resize", () => 1);

  expect(
    [undefined, "handler.ts:resize", class Model {}, resize, { memoryMiB: 512 }]
      .map((handler) => mistake(() => app.function("other", handler as never)))
      .join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_HANDLER_NOT_A_FUNCTION
    the handler of function "other" must be a function, got undefined
    hint: pass the function as the last argument

    InvalidError WINDLASS_HANDLER_NOT_A_FUNCTION
    the handler of function "other" must be a function, got "handler.ts:resize"
    hint: pass the function as the last argument

    InvalidError WINDLASS_HANDLER_NOT_A_FUNCTION
    the handler of function "other" must be a function, got a class
    hint: use \`app.cls\` for a class

    InvalidError WINDLASS_HANDLER_NOT_A_FUNCTION
    the handler of function "other" must be a function, got {"name":"resize"}
    hint: pass the function as the last argument

    InvalidError WINDLASS_HANDLER_NOT_A_FUNCTION
    the handler of function "other" must be a function, got {"memoryMiB":512}
    hint: pass the function as the last argument"
  `);
});

test("a generator has no schedule", () => {
  const app = new App("demo");

  expect(
    mistake(() =>
      app.function("nightly", { schedule: new Period({ days: 1 }) }, function* () {
        yield 1;
      }),
    ),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_SCHEDULED_GENERATOR
    function "nightly" has a schedule, but is a generator: nobody takes what it yields
    hint: schedule a function that iterates it"
  `);
});

test("a scheduled handler must work without arguments", () => {
  const app = new App("media");

  expect(
    mistake(() =>
      Reflect.apply(app.function, app, [
        "nightly",
        { schedule: new Period({ days: 1 }) },
        (n: number) => n,
      ]),
    ),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_SCHEDULE_NEEDS_ARGUMENTS
    function "nightly" has a schedule, so its handler must work without arguments, but it requires 1
    hint: give every parameter a default value (\`width = 100\`), or remove \`schedule\`"
  `);
});

test("a generator cannot be retried", () => {
  const app = new App("media");

  expect(
    mistake(() =>
      app.function("words", { retries: 2 }, async function* () {
        yield "a";
      }),
    ),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_GENERATOR_RETRIES
    function "words" is a generator, which cannot be retried: its caller has seen items already
    hint: remove \`retries\`"
  `);
});

test("an App and what it defines know their file", () => {
  const app = new App("media");
  app.function("resize", () => 1);
  app.cls(
    "Model",
    class {
      run() {}
    },
  );
  app.entrypoint("main", () => 1);

  const files = [app, ...app.definitions.values(), ...app.entrypoints.values()];

  expect(files.map(({ file }) => file)).toEqual([HERE, HERE, HERE, HERE]);
});

test("every App of a process is registered, for a runner to find", () => {
  const app = new App("findable");

  expect(Reflect.get(globalThis, Symbol.for("windlass.apps"))).toContain(app);
});

test("the environment of an App is under that of its functions", () => {
  const app = new App("media", { env: { A: "app", B: "app" } });
  app.function("resize", { env: { B: "function" } }, () => 1);

  expect(app.definitions.get("resize")?.options.env).toEqual({ A: "app", B: "function" });
});
