import { expect, test } from "vitest";
import { App, Retries } from "windlass";
import { errorOf, mistake, optionMistakes } from "./mistake.ts";

test("a number out of range names the option, the function, the range and the value", () => {
  expect(
    optionMistakes(
      { cpu: 0.1 },
      { memoryMiB: 64 },
      { ephemeralDiskGiB: 3073 },
      { timeoutSeconds: 0 },
      { startupTimeoutSeconds: 86_401 },
      { minContainers: -1 },
      { maxContainers: 0 },
      { bufferContainers: 0.5 },
      { scaledownWindowSeconds: 1 },
    ),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_CPU
    \`cpu\` of function "resize" must be a number of at least 0.125, got 0.1
    hint: write cores, for instance \`cpu: 2\`, or leave it out for 0.125

    InvalidError WINDLASS_INVALID_MEMORY
    \`memoryMiB\` of function "resize" must be a whole number of at least 128, got 64
    hint: write MiB, for instance \`memoryMiB: 2048\`, or leave it out for 128

    InvalidError WINDLASS_INVALID_EPHEMERAL_DISK
    \`ephemeralDiskGiB\` of function "resize" must be a whole number from 1 to 3072, got 3073
    hint: write GiB, or leave it out for what the machine has

    InvalidError WINDLASS_INVALID_TIMEOUT_SECONDS
    \`timeoutSeconds\` of function "resize" must be a number from 1 to 86400, got 0
    hint: write seconds, or leave it out for 300; split work that takes more than a day

    InvalidError WINDLASS_INVALID_STARTUP_TIMEOUT
    \`startupTimeoutSeconds\` of function "resize" must be a number from 1 to 86400, got 86401
    hint: write seconds, or leave it out for the value of \`timeoutSeconds\`

    InvalidError WINDLASS_INVALID_MIN_CONTAINERS
    \`minContainers\` of function "resize" must be a whole number from 0 to 4000, got -1
    hint: leave it out to keep none running

    InvalidError WINDLASS_INVALID_MAX_CONTAINERS
    \`maxContainers\` of function "resize" must be a whole number from 1 to 4000, got 0
    hint: leave it out for no limit

    InvalidError WINDLASS_INVALID_BUFFER_CONTAINERS
    \`bufferContainers\` of function "resize" must be a whole number from 0 to 4000, got 0.5
    hint: leave it out to keep none idle

    InvalidError WINDLASS_INVALID_SCALEDOWN_WINDOW
    \`scaledownWindowSeconds\` of function "resize" must be a number from 2 to 1200, got 1
    hint: leave it out for 60, or use \`minContainers\` to keep containers running"
  `);
});

test("a value of another type shows what it is", () => {
  expect(
    optionMistakes(
      { timeoutSeconds: "300" },
      { memoryMiB: 512n },
      { cpu: null },
      { maxContainers: () => 1 },
      { minContainers: Number.NaN },
      { timeoutSeconds: Number.POSITIVE_INFINITY },
      { ephemeralDiskGiB: ["a long text that is cut where it no longer fits on a line"] },
    ),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_TIMEOUT_SECONDS
    \`timeoutSeconds\` of function "resize" must be a number from 1 to 86400, got "300"
    hint: write seconds, or leave it out for 300; split work that takes more than a day

    InvalidError WINDLASS_INVALID_MEMORY
    \`memoryMiB\` of function "resize" must be a whole number of at least 128, got 512n
    hint: write MiB, for instance \`memoryMiB: 2048\`, or leave it out for 128

    InvalidError WINDLASS_INVALID_CPU
    \`cpu\` of function "resize" must be a number of at least 0.125, got null
    hint: write cores, for instance \`cpu: 2\`, or leave it out for 0.125

    InvalidError WINDLASS_INVALID_MAX_CONTAINERS
    \`maxContainers\` of function "resize" must be a whole number from 1 to 4000, got a function
    hint: leave it out for no limit

    InvalidError WINDLASS_INVALID_MIN_CONTAINERS
    \`minContainers\` of function "resize" must be a whole number from 0 to 4000, got NaN
    hint: leave it out to keep none running

    InvalidError WINDLASS_INVALID_TIMEOUT_SECONDS
    \`timeoutSeconds\` of function "resize" must be a number from 1 to 86400, got Infinity
    hint: write seconds, or leave it out for 300; split work that takes more than a day

    InvalidError WINDLASS_INVALID_EPHEMERAL_DISK
    \`ephemeralDiskGiB\` of function "resize" must be a whole number from 1 to 3072, got ["a long text that is cut where it no longer fits on a line"…
    hint: write GiB, or leave it out for what the machine has"
  `);
});

test("a reservation with a limit is checked as a whole", () => {
  expect(
    optionMistakes(
      { cpu: { request: 4, limit: 2 } },
      { memoryMiB: { request: 64, limit: 256 } },
      { memoryMiB: { request: 256 } },
      { cpu: { request: 1, limit: 2, burst: 3 } },
      { cpu: [1, 2] },
    ),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_REQUEST_OVER_LIMIT
    \`request\` of \`cpu\` of function "resize" must be at most its \`limit\` 2, got 4
    hint: raise \`limit\`, or lower \`request\`

    InvalidError WINDLASS_INVALID_MEMORY
    \`request\` of \`memoryMiB\` of function "resize" must be a whole number of at least 128, got 64
    hint: write MiB, for instance \`memoryMiB: 2048\`, or leave it out for 128

    InvalidError WINDLASS_INVALID_MEMORY
    \`limit\` of \`memoryMiB\` of function "resize" must be a whole number of at least 128, got undefined
    hint: write MiB, for instance \`memoryMiB: 2048\`, or leave it out for 128

    InvalidError WINDLASS_OPTION_UNKNOWN
    \`burst\` is not an option of \`cpu\` of function "resize"
    hint: use one of \`request\` or \`limit\`

    InvalidError WINDLASS_OPTIONS_NOT_AN_OBJECT
    options of \`cpu\` of function "resize" must be an object, got [1,2]
    hint: write them as \`{ request: … }\`"
  `);
});

test("a GPU is a known type with a count, or a list of them", () => {
  expect(
    optionMistakes(
      { gpu: "H1000" },
      { gpu: "L4:9" },
      { gpu: "a10:9" },
      { gpu: "H100:" },
      { gpu: [] },
      { gpu: ["H100", 3] },
      { gpu: 1 },
    ),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_UNKNOWN_GPU
    \`gpu\` of function "resize" must be one of T4, L4, A10G, L40S, RTX-PRO-6000, A100-40GB, A100-80GB, H100, H200, B200, B300, A10, A100, H100!, B200+, any, got "H1000"
    hint: the nearest is "H100"; write a type and a count, for instance "L4", "H100:2" or ["H100", "A100-80GB:2"]

    InvalidError WINDLASS_INVALID_GPU_COUNT
    \`gpu\` of function "resize" must ask for 1 to 8 GPUs of type L4, got "L4:9"
    hint: write a type and a count, for instance "L4", "H100:2" or ["H100", "A100-80GB:2"]

    InvalidError WINDLASS_INVALID_GPU_COUNT
    \`gpu\` of function "resize" must ask for 1 to 8 GPUs of type A10, got "a10:9"
    hint: write a type and a count, for instance "L4", "H100:2" or ["H100", "A100-80GB:2"]

    InvalidError WINDLASS_INVALID_GPU_COUNT
    \`gpu\` of function "resize" must ask for 1 to 8 GPUs of type H100, got "H100:"
    hint: write a type and a count, for instance "L4", "H100:2" or ["H100", "A100-80GB:2"]

    InvalidError WINDLASS_INVALID_GPU
    \`gpu\` of function "resize" must name at least one GPU type, got []
    hint: write a type and a count, for instance "L4", "H100:2" or ["H100", "A100-80GB:2"]

    InvalidError WINDLASS_INVALID_GPU
    \`gpu\` of function "resize" must be a string or a list of strings, got 3
    hint: write a type and a count, for instance "L4", "H100:2" or ["H100", "A100-80GB:2"]

    InvalidError WINDLASS_INVALID_GPU
    \`gpu\` of function "resize" must be a string or a list of strings, got 1
    hint: write a type and a count, for instance "L4", "H100:2" or ["H100", "A100-80GB:2"]"
  `);
});

test("retries are a number up to 10 or a Retries", () => {
  expect(
    optionMistakes(
      { retries: 11 },
      { retries: -1 },
      { retries: 1.5 },
      { retries: { maxRetries: 3 } },
    ),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_RETRIES
    \`retries\` of function "resize" must be a whole number from 0 to 10 or a Retries, got 11
    hint: write \`3\` for retries 1 s apart, or \`new Retries({ maxRetries: 3 })\`

    InvalidError WINDLASS_INVALID_RETRIES
    \`retries\` of function "resize" must be a whole number from 0 to 10 or a Retries, got -1
    hint: write \`3\` for retries 1 s apart, or \`new Retries({ maxRetries: 3 })\`

    InvalidError WINDLASS_INVALID_RETRIES
    \`retries\` of function "resize" must be a whole number from 0 to 10 or a Retries, got 1.5
    hint: write \`3\` for retries 1 s apart, or \`new Retries({ maxRetries: 3 })\`

    InvalidError WINDLASS_INVALID_RETRIES
    \`retries\` of function "resize" must be a whole number from 0 to 10 or a Retries, got {"maxRetries":3}
    hint: write \`3\` for retries 1 s apart, or \`new Retries({ maxRetries: 3 })\`"
  `);
});

test("concurrency has a hard maximum and a target below it", () => {
  expect(
    optionMistakes(
      { concurrency: 10 },
      { concurrency: {} },
      { concurrency: { maxInputs: 0 } },
      { concurrency: { maxInputs: 4, targetInputs: 5 } },
      { concurrency: { maxInputs: 4, targetInputs: 0 } },
      { concurrency: { max_inputs: 4 } },
    ),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_CONCURRENCY
    \`concurrency\` of function "resize" must be an object with \`maxInputs\`, got 10
    hint: write \`concurrency: { maxInputs: 10 }\`

    InvalidError WINDLASS_INVALID_MAX_INPUTS
    \`maxInputs\` of \`concurrency\` of function "resize" must be a whole number of at least 1, got undefined
    hint: write \`concurrency: { maxInputs: 10 }\`

    InvalidError WINDLASS_INVALID_MAX_INPUTS
    \`maxInputs\` of \`concurrency\` of function "resize" must be a whole number of at least 1, got 0
    hint: write \`concurrency: { maxInputs: 10 }\`

    InvalidError WINDLASS_TARGET_OVER_MAX_INPUTS
    \`targetInputs\` of \`concurrency\` of function "resize" must be at most \`maxInputs\` 4, got 5
    hint: raise \`maxInputs\`, or lower \`targetInputs\`

    InvalidError WINDLASS_INVALID_TARGET_INPUTS
    \`targetInputs\` of \`concurrency\` of function "resize" must be a whole number of at least 1, got 0
    hint: write \`concurrency: { maxInputs: 10 }\`

    InvalidError WINDLASS_SEVERAL_MISTAKES
    function "resize" has 2 mistakes
      \`max_inputs\` is not an option of \`concurrency\` of function "resize": it is \`maxInputs\`; use \`maxInputs\` instead (WINDLASS_OPTION_RENAMED)
      \`maxInputs\` of \`concurrency\` of function "resize" must be a whole number of at least 1, got undefined; write \`concurrency: { maxInputs: 10 }\` (WINDLASS_INVALID_MAX_INPUTS)
    hint: correct each of them"
  `);
});

test("environment variables have names and are strings", () => {
  expect(
    optionMistakes(
      { env: { "1A": "x" } },
      { env: { WINDLASS_BACKEND: "aws" } },
      { env: { PORT: 80 } },
      { env: { TEXT: "a\0b" } },
      { env: { TEXT: "x".repeat(32_769) } },
      { env: ["A=1"] },
    ),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_ENV
    names in \`env\` of function "resize" must be letters, digits and _, not beginning with a digit or WINDLASS_, got "1A"
    hint: write names and strings, for instance \`{ LOG_LEVEL: "debug" }\`

    InvalidError WINDLASS_INVALID_ENV
    names in \`env\` of function "resize" must be letters, digits and _, not beginning with a digit or WINDLASS_, got "WINDLASS_BACKEND"
    hint: write names and strings, for instance \`{ LOG_LEVEL: "debug" }\`

    InvalidError WINDLASS_INVALID_ENV
    "PORT" in \`env\` of function "resize" must be a string, got 80
    hint: write names and strings, for instance \`{ LOG_LEVEL: "debug" }\`

    InvalidError WINDLASS_INVALID_ENV
    "TEXT" in \`env\` of function "resize" must not hold a NUL character
    hint: write names and strings, for instance \`{ LOG_LEVEL: "debug" }\`

    InvalidError WINDLASS_INVALID_ENV
    "TEXT" in \`env\` of function "resize" must have at most 32768 characters, got 32769
    hint: write names and strings, for instance \`{ LOG_LEVEL: "debug" }\`

    InvalidError WINDLASS_INVALID_ENV
    \`env\` of function "resize" must be an object of strings, got ["A=1"]
    hint: write names and strings, for instance \`{ LOG_LEVEL: "debug" }\`"
  `);
});

test("switches are true or false", () => {
  expect(
    optionMistakes(
      { singleUseContainers: 1 },
      { enableMemorySnapshot: "yes" },
      { blockNetwork: null },
      { nonpreemptible: "no" },
    ),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_NOT_A_BOOLEAN
    \`singleUseContainers\` of function "resize" must be true or false, got 1
    hint: write \`true\` or \`false\`

    InvalidError WINDLASS_NOT_A_BOOLEAN
    \`enableMemorySnapshot\` of function "resize" must be true or false, got "yes"
    hint: write \`true\` or \`false\`

    InvalidError WINDLASS_NOT_A_BOOLEAN
    \`blockNetwork\` of function "resize" must be true or false, got null
    hint: write \`true\` or \`false\`

    InvalidError WINDLASS_NOT_A_BOOLEAN
    \`nonpreemptible\` of function "resize" must be true or false, got "no"
    hint: write \`true\` or \`false\`"
  `);
});

test("a schedule is a Cron or a Period", () => {
  expect(optionMistakes({ schedule: "0 9 * * *" })).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_SCHEDULE
    \`schedule\` of function "resize" must be a Cron or a Period, got "0 9 * * *"
    hint: write \`new Cron("0 9 * * 1-5")\` or \`new Period({ minutes: 5 })\`"
  `);
});

test("options that do not go together say which to change", () => {
  expect(
    optionMistakes(
      { minContainers: 3, maxContainers: 2 },
      { nonpreemptible: true, gpu: "L4" },
      { singleUseContainers: true, concurrency: { maxInputs: 2 } },
    ),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_MIN_OVER_MAX_CONTAINERS
    \`minContainers\` of function "resize" must be at most \`maxContainers\` 2, got 3
    hint: raise \`maxContainers\`, or lower \`minContainers\`

    InvalidError WINDLASS_NONPREEMPTIBLE_GPU
    \`nonpreemptible\` of function "resize" does not go with \`gpu\`
    hint: write \`spot: "never"\` instead: hosts on demand, which EC2 does not take back

    InvalidError WINDLASS_SINGLE_USE_CONCURRENCY
    \`singleUseContainers\` of function "resize" runs one input in a container, but \`maxInputs\` is 2
    hint: remove \`singleUseContainers\` or \`concurrency\`"
  `);
});

test("a renamed option says its new name", () => {
  expect(
    optionMistakes(
      { timeout: 3 },
      { memory: 512 },
      { timeout_seconds: 3 },
      { memory_mib: 512 },
      { "min-containers": 1 },
      { keep_warm: 1 },
      { concurrency_limit: 3 },
      { allow_concurrent_inputs: 3 },
      { container_idle_timeout: 3 },
      { ephemeral_disk: 1024 },
      { name: "other" },
      { cron: "0 9 * * *" },
    ),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_OPTION_RENAMED
    \`timeout\` is not an option of function "resize": it is \`timeoutSeconds\`
    hint: use \`timeoutSeconds\` instead

    InvalidError WINDLASS_OPTION_RENAMED
    \`memory\` is not an option of function "resize": it is \`memoryMiB\`
    hint: use \`memoryMiB\` instead

    InvalidError WINDLASS_OPTION_RENAMED
    \`timeout_seconds\` is not an option of function "resize": it is \`timeoutSeconds\`
    hint: use \`timeoutSeconds\` instead

    InvalidError WINDLASS_OPTION_RENAMED
    \`memory_mib\` is not an option of function "resize": it is \`memoryMiB\`
    hint: use \`memoryMiB\` instead

    InvalidError WINDLASS_OPTION_RENAMED
    \`min-containers\` is not an option of function "resize": it is \`minContainers\`
    hint: use \`minContainers\` instead

    InvalidError WINDLASS_OPTION_RENAMED
    \`keep_warm\` is not an option of function "resize": it is \`minContainers\`
    hint: use \`minContainers\` instead

    InvalidError WINDLASS_OPTION_RENAMED
    \`concurrency_limit\` is not an option of function "resize": it is \`maxContainers\`
    hint: use \`maxContainers\` instead

    InvalidError WINDLASS_OPTION_RENAMED
    \`allow_concurrent_inputs\` is not an option of function "resize": it is \`concurrency: { maxInputs }\`
    hint: use \`concurrency: { maxInputs }\` instead

    InvalidError WINDLASS_OPTION_RENAMED
    \`container_idle_timeout\` is not an option of function "resize": it is \`scaledownWindowSeconds\`
    hint: use \`scaledownWindowSeconds\` instead

    InvalidError WINDLASS_OPTION_RENAMED
    \`ephemeral_disk\` is not an option of function "resize": it is \`ephemeralDiskGiB\` (in GiB)
    hint: use \`ephemeralDiskGiB\` (in GiB) instead

    InvalidError WINDLASS_OPTION_RENAMED
    \`name\` is not an option of function "resize": it is the first argument
    hint: use the first argument instead

    InvalidError WINDLASS_OPTION_RENAMED
    \`cron\` is not an option of function "resize": it is \`schedule: new Cron(…)\`
    hint: use \`schedule: new Cron(…)\` instead"
  `);
});

test("an unknown option says which it is close to, or which there are", () => {
  expect(
    optionMistakes({ minContainer: 1 }, { retrys: 1 }, { colour: "red" }),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_OPTION_UNKNOWN
    \`minContainer\` is not an option of function "resize"
    hint: did you mean \`minContainers\`?

    InvalidError WINDLASS_OPTION_UNKNOWN
    \`retrys\` is not an option of function "resize"
    hint: did you mean \`retries\`?

    InvalidError WINDLASS_OPTION_UNKNOWN
    \`colour\` is not an option of function "resize"
    hint: use one of \`gpu\`, \`cpu\`, \`memoryMiB\`, \`ephemeralDiskGiB\`, \`timeoutSeconds\`, \`startupTimeoutSeconds\`, \`retries\`, \`minContainers\`, \`maxContainers\`, \`bufferContainers\`, \`scaledownWindowSeconds\`, \`concurrency\`, \`batch\`, \`singleUseContainers\`, \`image\`, \`env\`, \`secrets\`, \`volumes\`, \`enableMemorySnapshot\`, \`snapshotCaches\`, \`blockNetwork\`, \`nonpreemptible\`, \`spot\`, \`uses\`, \`events\` or \`schedule\`"
  `);
});

test("options are an object", () => {
  const app = new App("media");

  expect(
    [3, "fast", [1], () => 1]
      .map((options) => mistake(() => app.function("resize", options as object, () => 1)))
      .join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_OPTIONS_NOT_AN_OBJECT
    options of function "resize" must be an object, got 3
    hint: write them as \`{ gpu: … }\`

    InvalidError WINDLASS_OPTIONS_NOT_AN_OBJECT
    options of function "resize" must be an object, got "fast"
    hint: write them as \`{ gpu: … }\`

    InvalidError WINDLASS_OPTIONS_NOT_AN_OBJECT
    options of function "resize" must be an object, got [1]
    hint: write them as \`{ gpu: … }\`

    InvalidError WINDLASS_OPTIONS_NOT_AN_OBJECT
    options of function "resize" must be an object, got a function
    hint: write them as \`{ gpu: … }\`"
  `);
});

test("all mistakes of one definition are told at once, each with its code", () => {
  const app = new App("media");

  const error = errorOf(() =>
    app.function(
      "re size",
      { memory: 64, timeoutSeconds: 0, minContainers: 3, maxContainers: 2 } as object,
      "no function" as never,
    ),
  );

  expect(error.message).toMatchInlineSnapshot(`
    "function "re size" has 5 mistakes
      the name of a function must be 1 to 64 letters, digits, _ or -, got "re size"; name it with the first argument, for instance "resize-image" (WINDLASS_INVALID_NAME)
      \`memory\` is not an option of function "re size": it is \`memoryMiB\`; use \`memoryMiB\` instead (WINDLASS_OPTION_RENAMED)
      \`timeoutSeconds\` of function "re size" must be a number from 1 to 86400, got 0; write seconds, or leave it out for 300; split work that takes more than a day (WINDLASS_INVALID_TIMEOUT_SECONDS)
      \`minContainers\` of function "re size" must be at most \`maxContainers\` 2, got 3; raise \`maxContainers\`, or lower \`minContainers\` (WINDLASS_MIN_OVER_MAX_CONTAINERS)
      the handler of function "re size" must be a function, got "no function"; pass the function as the last argument (WINDLASS_HANDLER_NOT_A_FUNCTION)"
  `);
  expect(error.code).toBe("WINDLASS_SEVERAL_MISTAKES");
  expect(error.stack).toContain("function-options.test.ts");
  expect(app.definitions.size).toBe(0);
});

test("bounds are inclusive, and undefined is as good as leaving an option out", () => {
  const app = new App("media");

  app.function(
    "least",
    {
      cpu: 0.125,
      memoryMiB: { request: 128, limit: 128 },
      ephemeralDiskGiB: 1,
      timeoutSeconds: 1,
      startupTimeoutSeconds: 1,
      retries: 0,
      minContainers: 0,
      maxContainers: 1,
      bufferContainers: 0,
      scaledownWindowSeconds: 2,
      concurrency: { maxInputs: 1, targetInputs: 1 },
      env: {},
      gpu: "any:1",
    },
    () => 1,
  );
  app.function(
    "most",
    {
      ephemeralDiskGiB: 3072,
      timeoutSeconds: 86_400,
      startupTimeoutSeconds: 86_400,
      retries: new Retries({ maxRetries: 10 }),
      minContainers: 4000,
      maxContainers: 4000,
      bufferContainers: 4000,
      scaledownWindowSeconds: 1200,
      gpu: ["h100!:8", "rtx-pro-6000", "b200+:2", "A10G:8"],
      env: undefined,
      schedule: undefined,
      cpu: undefined,
    },
    () => 1,
  );

  expect([...app.definitions.keys()]).toEqual(["least", "most"]);
});

test("changing an options object later changes no definition", () => {
  const app = new App("media");
  const options = { memoryMiB: 512, env: { A: "1" } };
  app.function("resize", options, () => 1);

  options.memoryMiB = 1;
  options.env.A = "2";

  expect(app.definitions.get("resize")?.options).toEqual({ memoryMiB: 512, env: { A: "1" } });
});
