import { expect, test } from "vitest";
import { App } from "windlass";
import { mistake, rejection } from "./mistake.ts";

const app = new App("media");
const resize = app.function("resize", async (url: string, width = 100) => `${url} ${width}`);
const words = app.function("words", async function* (text: string) {
  yield* text.split(" ");
});

test("a handle has its name and app, and local is the handler", async () => {
  expect(resize.name).toBe("resize");
  expect(resize.app).toBe("media");
  expect(await resize.local("a")).toBe("a 100");
  expect(typeof resize).toBe("object");
});

test("local of a generator is the generator", async () => {
  const items: string[] = [];

  for await (const word of words.local("a b")) items.push(word);

  expect(items).toEqual(["a", "b"]);
});

test("a remote call without a backend says both ways out", async () => {
  expect(
    [
      await rejection(resize.remote("a")),
      await rejection(resize.spawn("a")),
      await rejection(resize.spawnMap(["a"])),
      await rejection(resize.forEach(["a"])),
      await rejection(resize.map(["a"]).toArray()),
    ].join("\n\n"),
  ).toMatchInlineSnapshot(`
    "NoBackendError WINDLASS_NO_BACKEND
    there is nowhere to run remote calls of app "media"
    hint: start a backend with \`await using run = await app.run({ backend: "local" })\`, set WINDLASS_BACKEND=local, or run the module with \`npx windlass run <file>\`

    NoBackendError WINDLASS_NO_BACKEND
    there is nowhere to run remote calls of app "media"
    hint: start a backend with \`await using run = await app.run({ backend: "local" })\`, set WINDLASS_BACKEND=local, or run the module with \`npx windlass run <file>\`

    NoBackendError WINDLASS_NO_BACKEND
    there is nowhere to run remote calls of app "media"
    hint: start a backend with \`await using run = await app.run({ backend: "local" })\`, set WINDLASS_BACKEND=local, or run the module with \`npx windlass run <file>\`

    NoBackendError WINDLASS_NO_BACKEND
    there is nowhere to run remote calls of app "media"
    hint: start a backend with \`await using run = await app.run({ backend: "local" })\`, set WINDLASS_BACKEND=local, or run the module with \`npx windlass run <file>\`

    NoBackendError WINDLASS_NO_BACKEND
    there is nowhere to run remote calls of app "media"
    hint: start a backend with \`await using run = await app.run({ backend: "local" })\`, set WINDLASS_BACKEND=local, or run the module with \`npx windlass run <file>\`"
  `);
});

test("inputs must be iterable", async () => {
  const inputs = 3 as never;

  expect(
    [
      mistake(() => resize.map(inputs)),
      mistake(() => resize.starmap({ length: 1 } as never)),
      await rejection(resize.forEach(undefined as never)),
      await rejection(resize.spawnMap(null as never)),
    ].join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_NOT_ITERABLE
    map() of function "resize" takes an iterable or async iterable of inputs, got 3
    hint: pass an array, a generator or a stream

    InvalidError WINDLASS_NOT_ITERABLE
    starmap() of function "resize" takes an iterable or async iterable of inputs, got {"length":1}
    hint: pass an array, a generator or a stream

    InvalidError WINDLASS_NOT_ITERABLE
    forEach() of function "resize" takes an iterable or async iterable of inputs, got undefined
    hint: pass an array, a generator or a stream

    InvalidError WINDLASS_NOT_ITERABLE
    spawnMap() of function "resize" takes an iterable or async iterable of inputs, got null
    hint: pass an array, a generator or a stream"
  `);
});

test("options of a map are checked", async () => {
  expect(
    [
      mistake(() => resize.map(["a"], { order_outputs: false } as never)),
      mistake(() => resize.map(["a"], { ordered: "no" as never })),
      mistake(() => resize.starmap([["a"]], { return_exceptions: true } as never)),
      mistake(() => resize.map(["a"], 3 as never)),
      await rejection(resize.forEach(["a"], { ignoreErrors: true } as never)),
    ].join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_OPTION_RENAMED
    \`order_outputs\` is not an option of map() of function "resize": it is \`ordered\`
    hint: use \`ordered\` instead

    InvalidError WINDLASS_NOT_A_BOOLEAN
    \`ordered\` of map() of function "resize" must be true or false, got "no"
    hint: write \`true\` or \`false\`

    InvalidError WINDLASS_OPTION_RENAMED
    \`return_exceptions\` is not an option of starmap() of function "resize": it is \`returnExceptions\`
    hint: use \`returnExceptions\` instead

    InvalidError WINDLASS_OPTIONS_NOT_AN_OBJECT
    options of map() of function "resize" must be an object, got 3
    hint: write them as \`{ ordered: … }\`

    InvalidError WINDLASS_OPTION_RENAMED
    \`ignoreErrors\` is not an option of forEach() of function "resize": it is \`ignoreExceptions\`
    hint: use \`ignoreExceptions\` instead"
  `);
});

test("a generator streams and nothing else, and other functions do not stream", async () => {
  const untyped = words as never as typeof resize;

  expect(
    [
      await rejection(untyped.remote("a")),
      await rejection(untyped.spawn("a")),
      mistake(() => untyped.map(["a"])),
      mistake(() => untyped.starmap([["a"]])),
      await rejection(untyped.forEach(["a"])),
      await rejection(untyped.spawnMap(["a"])),
      mistake(() => (resize as never as typeof words).remoteGen("a")),
    ].join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_CALLED_GENERATOR
    function "words" is a generator, which remote() cannot run
    hint: iterate its remoteGen() instead

    InvalidError WINDLASS_CALLED_GENERATOR
    function "words" is a generator, which spawn() cannot run
    hint: iterate its remoteGen() instead

    InvalidError WINDLASS_CALLED_GENERATOR
    function "words" is a generator, which map() cannot run
    hint: iterate its remoteGen() instead

    InvalidError WINDLASS_CALLED_GENERATOR
    function "words" is a generator, which starmap() cannot run
    hint: iterate its remoteGen() instead

    InvalidError WINDLASS_CALLED_GENERATOR
    function "words" is a generator, which forEach() cannot run
    hint: iterate its remoteGen() instead

    InvalidError WINDLASS_CALLED_GENERATOR
    function "words" is a generator, which spawnMap() cannot run
    hint: iterate its remoteGen() instead

    InvalidError WINDLASS_NOT_A_GENERATOR
    function "resize" is not a generator, so it has no remoteGen()
    hint: call its remote() instead, or write it as \`function*\`"
  `);
});
