// node --import tsx --test examples/testing/thumbnails.test.ts
import assert from "node:assert/strict";
import { test } from "node:test";
import { Dict, FunctionTimeoutError } from "windlass";
import { testApp } from "windlass/testing";
import { app, Detector, process, resize } from "./thumbnails.ts";

test("each picture gets a thumbnail once, and its labels", async () => {
  await using kit = await testApp(app);
  kit.fake(resize, (url, width) => `${url} at ${width ?? 320}`);
  kit.fake(Detector, () => ({ detect: (url) => [url.replace(".png", "")] }));
  await Dict.objects.create("thumbnails");
  await Dict.fromName<string>("thumbnails").put("cat.png", "made before");

  const rows = await process.remote(["cat.png", "dog.png"]);

  assert.deepEqual(rows, [
    { url: "cat.png", thumbnail: "made before", labels: ["cat"] },
    { url: "dog.png", thumbnail: "dog.png at 320", labels: ["dog"] },
  ]);
  const [call, ...others] = kit.calls(resize);
  assert.deepEqual([call?.args, call?.parent?.function, others], [["dog.png"], "process", []]);
});

test("a resize that fails is tried again, ever later, and nobody waits for it", async () => {
  await using kit = await testApp(app);
  kit.fake(resize, (url) => url);
  kit.failAttempt(resize, 1, new Error("503"));
  kit.failAttempt(resize, 2, "crash");
  kit.failAttempt(resize, 3, new Error("503"));

  assert.equal(await resize.remote("cat.png"), "cat.png");

  // A container that ended uses up no retry, and is replaced at once.
  const starts = kit.calls(resize)[0]?.attempts.map(({ startedAtSeconds }) => startedAtSeconds);
  assert.deepEqual(starts, [0, 2, 2, 8]);
});

test("a resize that hangs ends with its time", async () => {
  await using kit = await testApp(app);
  kit.fake(resize, () => new Promise(() => {}));
  const failed = assert.rejects(
    resize.withOptions({ retries: 0 }).remote("cat.png"),
    FunctionTimeoutError,
  );

  await kit.clock.advanceSeconds(120);

  await failed;
});
