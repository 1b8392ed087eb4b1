import { describe, expect, it, test } from "vitest";
import { App, resolveSpec } from "windlass";
import type { UseSpec } from "../../lib/spec.ts";
import { mistake, optionMistakes } from "./mistake.ts";

/** An app of two functions and a class, the first with these `uses`. */
function media(uses: readonly string[] | undefined): App {
  const app = new App("media");
  app.function("render", { uses }, () => 1);
  app.function("resize", () => 1);
  app.cls(
    "Model",
    class {
      run(): number {
        return 1;
      }
    },
  );
  return app;
}

function usesOf(uses: readonly string[] | undefined): readonly UseSpec[] | null | undefined {
  return resolveSpec(media(uses)).functions.find(({ name }) => name === "render")?.uses;
}

describe("`uses`", () => {
  it("is all of its own app where it is left out, and nothing where it is empty", () => {
    expect(usesOf(undefined)).toBeNull();
    expect(usesOf([])).toEqual([]);
  });

  it("names functions and classes of its app, other apps, and functions of those", () => {
    expect(usesOf(["resize", "Model", "billing", "mail/send", "billing"])).toEqual([
      { app: "billing", name: null },
      { app: "mail", name: "send" },
      { app: null, name: "Model" },
      { app: null, name: "resize" },
    ]);
  });

  it("takes the name of its own app for all of it", () => {
    expect(usesOf(["media", "media/resize"])).toEqual([
      { app: null, name: "resize" },
      { app: null, name: null },
    ]);
  });

  it("may name the function itself, which it can call anyway", () => {
    expect(usesOf(["render"])).toEqual([{ app: null, name: "render" }]);
  });

  it("knows functions of apps that are included later", () => {
    const other = new App("shared");
    other.function("later", () => 1);
    const app = media(["later"]);
    app.include(other);

    expect(resolveSpec(app).functions.find(({ name }) => name === "render")?.uses).toEqual([
      { app: null, name: "later" },
    ]);
  });
});

test("tells all names that an app does not have, with those that are meant", () => {
  const names = ["reszie", "media/rezise", "media/none", "Modle", "mail", "m"];
  expect(mistake(() => resolveSpec(media(names)))).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_SEVERAL_MISTAKES
    app "media" has 4 mistakes
      "reszie" in \`uses\` of function "render" is no function or class of app "media"; did you mean "resize"? Of an app "reszie" name the functions, as "reszie/resize" (WINDLASS_UNKNOWN_USE)
      "rezise" in \`uses\` of function "render" is no function or class of app "media"; did you mean "resize"? (WINDLASS_UNKNOWN_USE)
      "none" in \`uses\` of function "render" is no function or class of app "media"; it has "render", "resize" or "Model" (WINDLASS_UNKNOWN_USE)
      "Modle" in \`uses\` of function "render" is no function or class of app "media"; did you mean "Model"? Of an app "Modle" name the functions, as "Modle/Model" (WINDLASS_UNKNOWN_USE)
    hint: correct each of them"
  `);
});

test("takes another app whose name is like one of a function for a mistake", () => {
  expect(mistake(() => resolveSpec(media(["resize2"])))).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_UNKNOWN_USE
    "resize2" in \`uses\` of function "render" is no function or class of app "media"
    hint: did you mean "resize"? Of an app "resize2" name the functions, as "resize2/resize""
  `);
  expect(usesOf(["resize2/resize"])).toEqual([{ app: "resize2", name: "resize" }]);
});

test("is an array of names", () => {
  expect(
    optionMistakes({ uses: "resize" }, { uses: [1, "a/b/c", "", "né"] }, { use: [] }),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_USES
    \`uses\` of function "resize" must be an array of names, got "resize"
    hint: write names of functions and classes ("resize"), of other apps ("media"), or both ("media/resize"), and dicts, queues, secrets and volumes themselves

    InvalidError WINDLASS_SEVERAL_MISTAKES
    function "resize" has 4 mistakes
      \`uses\` of function "resize" must hold names, got 1; write names of functions and classes ("resize"), of other apps ("media"), or both ("media/resize"), and dicts, queues, secrets and volumes themselves (WINDLASS_INVALID_USES)
      \`uses\` of function "resize" must hold names, got "a/b/c"; write names of functions and classes ("resize"), of other apps ("media"), or both ("media/resize"), and dicts, queues, secrets and volumes themselves (WINDLASS_INVALID_USES)
      \`uses\` of function "resize" must hold names, got ""; write names of functions and classes ("resize"), of other apps ("media"), or both ("media/resize"), and dicts, queues, secrets and volumes themselves (WINDLASS_INVALID_USES)
      \`uses\` of function "resize" must hold names, got "né"; write names of functions and classes ("resize"), of other apps ("media"), or both ("media/resize"), and dicts, queues, secrets and volumes themselves (WINDLASS_INVALID_USES)
    hint: correct each of them

    InvalidError WINDLASS_OPTION_UNKNOWN
    \`use\` is not an option of function "resize"
    hint: did you mean \`uses\`?"
  `);
});
