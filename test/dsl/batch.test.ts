import { expect, test } from "vitest";
import { App, Cron, resolveSpec } from "windlass";
import { mistake, optionMistakes } from "./mistake.ts";

const BATCH = { maxSize: 64, waitMs: 100 };

test("batches have a size and a wait, within bounds", () => {
  expect(
    optionMistakes(
      { batch: 64 },
      { batch: { maxSize: 1001, waitMs: 0 } },
      { batch: { maxSize: 0, waitMs: 0 } },
      { batch: { maxSize: 2, waitMs: 600_001 } },
      { batch: { maxSize: 2 } },
      { batch: { max_batch_size: 2, waitMs: 1 } },
    ),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_BATCH
    \`batch\` of function "resize" must be an object with \`maxSize\` and \`waitMs\`, got 64
    hint: write \`batch: { maxSize: 64, waitMs: 100 }\`

    InvalidError WINDLASS_INVALID_MAX_SIZE
    \`maxSize\` of \`batch\` of function "resize" must be a whole number from 1 to 1000, got 1001
    hint: write \`batch: { maxSize: 64, waitMs: 100 }\`

    InvalidError WINDLASS_INVALID_MAX_SIZE
    \`maxSize\` of \`batch\` of function "resize" must be a whole number from 1 to 1000, got 0
    hint: write \`batch: { maxSize: 64, waitMs: 100 }\`

    InvalidError WINDLASS_INVALID_WAIT_MS
    \`waitMs\` of \`batch\` of function "resize" must be a whole number from 0 to 600000, got 600001
    hint: write \`batch: { maxSize: 64, waitMs: 100 }\`

    InvalidError WINDLASS_INVALID_WAIT_MS
    \`waitMs\` of \`batch\` of function "resize" must be a whole number from 0 to 600000, got undefined
    hint: write \`batch: { maxSize: 64, waitMs: 100 }\`

    InvalidError WINDLASS_SEVERAL_MISTAKES
    function "resize" has 2 mistakes
      \`max_batch_size\` is not an option of \`batch\` of function "resize": it is \`maxSize\`; use \`maxSize\` instead (WINDLASS_OPTION_RENAMED)
      \`maxSize\` of \`batch\` of function "resize" must be a whole number from 1 to 1000, got undefined; write \`batch: { maxSize: 64, waitMs: 100 }\` (WINDLASS_INVALID_MAX_SIZE)
    hint: correct each of them"
  `);
});

test("batches do not go with what runs an input alone, or without one", () => {
  expect(
    optionMistakes(
      { batch: BATCH, singleUseContainers: true },
      { batch: BATCH, schedule: new Cron("0 * * * *") },
      { batched: BATCH },
    ),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_SINGLE_USE_BATCH
    \`singleUseContainers\` of function "resize" runs one input in a container, but it has \`batch\`
    hint: remove \`singleUseContainers\` or \`batch\`

    InvalidError WINDLASS_SCHEDULED_BATCH
    \`schedule\` of function "resize" runs it without arguments, but it has \`batch\`, which are arrays of them
    hint: schedule a function that calls it

    InvalidError WINDLASS_OPTION_RENAMED
    \`batched\` is not an option of function "resize": it is \`batch: { maxSize, waitMs }\`
    hint: use \`batch: { maxSize, waitMs }\` instead"
  `);
});

test("a generator takes no batches", () => {
  const define = (): unknown =>
    // @ts-expect-error: which its types say as well
    new App("media").function("count", { batch: BATCH }, function* (xs: number[]) {
      yield* xs;
    });
  expect(mistake(define)).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_BATCH_GENERATOR
    function "count" has \`batch\`, so it must return an array of outputs, but it is a generator
    hint: remove \`batch\`, or collect the outputs in an array"
  `);
});

test("a class that takes batches has one method", () => {
  const define = (): unknown =>
    new App("media").cls(
      "Model",
      { batch: BATCH },
      class {
        predict(xs: number[]) {
          return xs;
        }
        train(xs: number[]) {
          return xs;
        }
      },
    );
  const generating = (): unknown =>
    new App("media").cls(
      "Model",
      { batch: BATCH },
      class {
        *predict(xs: number[]) {
          yield* xs;
        }
      },
    );
  expect(mistake(generating)).toContain("WINDLASS_BATCH_GENERATOR");
  expect(mistake(define)).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_BATCH_METHODS
    class "Model" has \`batch\`, so it must have one method, which takes the batches; it has predict, train
    hint: move the others to functions or to a class of their own; private ones are \`#names\`"
  `);
});

test("the spec says how inputs are gathered", () => {
  const app = new App("media");
  app.function("plain", () => 1);
  app.function("double", { batch: BATCH }, (xs: number[]) => xs);
  expect(resolveSpec(app).functions.map(({ name, batch }) => [name, batch])).toEqual([
    ["double", { maxSize: 64, waitMs: 100 }],
    ["plain", null],
  ]);
});
