import { expect, test } from "vitest";
import { App } from "windlass";
import { shared } from "../fixtures/apps/shared.ts";
import { mistake } from "./mistake.ts";

test("include makes definitions of another app part of this one, later ones too", () => {
  const app = new App("media");
  const other = new App("shared");
  other.function("early", () => 1);

  app.include(other);
  other.function("late", () => 1);
  other.entrypoint("main", () => 1);

  expect([...app.definitions.keys()]).toEqual(["early", "late"]);
  expect([...app.entrypoints.keys()]).toEqual(["main"]);
});

test("handles of an included app belong to the outermost app", () => {
  const outer = new App("outer");
  const middle = new App("middle");
  const inner = new App("inner");
  const resize = inner.function("resize", () => 1);
  const Model = inner.cls(
    "Model",
    class {
      run() {}
    },
  );
  middle.include(inner);

  outer.include(middle);

  expect(resize.app).toBe("outer");
  expect(Model.app).toBe("outer");
  expect([...outer.definitions.keys()]).toEqual(["resize", "Model"]);
});

test("tags are merged, those of the including app win", () => {
  const app = new App("media", { tags: { team: "media" } });
  const other = new App("shared", { tags: { team: "shared", cost: "12" } });

  app.include(other);

  expect(app.tags).toEqual({ team: "media", cost: "12" });
});

test("a name that both apps have names both files", () => {
  const app = new App("media");
  const other = new App("shared");
  app.function("resize", () => 1);
  app.entrypoint("main", () => 1);
  other.function("resize", () => 1);
  other.cls(
    "main",
    class {
      run() {}
    },
  );

  expect(mistake(() => app.include(other))).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_SEVERAL_MISTAKES
    app "media" has 2 mistakes
      app "media" has "resize" twice in test/dsl/include.test.ts; give one of them another name: functions, classes and entrypoints share their names (WINDLASS_DUPLICATE_NAME)
      app "media" has "main" twice in test/dsl/include.test.ts; give one of them another name: functions, classes and entrypoints share their names (WINDLASS_DUPLICATE_NAME)
    hint: correct each of them"
  `);
  expect(app.definitions.get("resize")).not.toBe(other.definitions.get("resize"));
});

test("a name that the including app has cannot be defined in the included one", () => {
  const app = new App("media");
  const other = new App("shared");
  app.include(other);
  app.function("resize", () => 1);

  expect(mistake(() => other.function("resize", () => 1))).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_DUPLICATE_NAME
    app "media" has "resize" twice in test/dsl/include.test.ts
    hint: give one of them another name: functions, classes and entrypoints share their names"
  `);
});

test("including twice in one app is the same as once", () => {
  const app = new App("media");
  const other = new App("shared");
  other.function("resize", () => 1);

  app.include(other).include(other);

  expect([...app.definitions.keys()]).toEqual(["resize"]);
});

test("include refuses what is no app, a cycle, and an app that is part of another", () => {
  const app = new App("media");
  const other = new App("shared");
  const third = new App("third");
  app.include(other);

  expect(
    [
      () => app.include({ name: "x" } as never),
      () => app.include(app),
      () => other.include(app),
      () => third.include(other),
    ]
      .map(mistake)
      .join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INCLUDE_NOT_AN_APP
    include() of app "media" takes an App, got {"name":"x"}
    hint: pass an app that was made with \`new App(…)\` of the same copy of windlass

    InvalidError WINDLASS_INCLUDE_CYCLE
    include() of app "media" takes another app, but "media" is itself or includes it
    hint: remove one of the include() calls

    InvalidError WINDLASS_INCLUDE_CYCLE
    include() of app "shared" takes another app, but "media" is itself or includes it
    hint: remove one of the include() calls

    InvalidError WINDLASS_INCLUDED_TWICE
    include() of app "third" cannot take app "shared", which app "media" includes
    hint: include it once, at the outermost app"
  `);
});

test("a name that two files define names both", () => {
  const app = new App("media");
  app.function("normalize", () => 1);

  expect(mistake(() => app.include(shared))).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_DUPLICATE_NAME
    app "media" has "normalize" in test/dsl/include.test.ts and in test/fixtures/apps/shared.ts
    hint: give one of them another name: functions, classes and entrypoints share their names"
  `);
});
