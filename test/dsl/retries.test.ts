import { expect, test } from "vitest";
import { Retries } from "windlass";
import { mistake } from "./mistake.ts";

test("Retries have the defaults of Modal", () => {
  expect({ ...new Retries({ maxRetries: 3 }) }).toEqual({
    maxRetries: 3,
    backoffCoefficient: 2,
    initialDelaySeconds: 1,
    maxDelaySeconds: 60,
  });
});

test("bounds of Retries are inclusive", () => {
  const least = {
    maxRetries: 0,
    backoffCoefficient: 1,
    initialDelaySeconds: 0,
    maxDelaySeconds: 1,
  };
  const most = {
    maxRetries: 10,
    backoffCoefficient: 10,
    initialDelaySeconds: 60,
    maxDelaySeconds: 60,
  };

  expect({ ...new Retries(least) }).toEqual(least);
  expect({ ...new Retries(most) }).toEqual(most);
});

test("every mistake in Retries says what is allowed", () => {
  expect(
    [
      {},
      { maxRetries: -1 },
      { maxRetries: 11 },
      { maxRetries: 1, backoffCoefficient: 0.5 },
      { maxRetries: 1, initialDelaySeconds: 61 },
      { maxRetries: 1, maxDelaySeconds: 0 },
      { max_retries: 3, initialDelay: 1 },
      3,
    ]
      .map((options) => mistake(() => new Retries(options as never)))
      .join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_MAX_RETRIES
    \`maxRetries\` of Retries must be a whole number from 0 to 10, got undefined
    hint: write how often to try again, for instance \`maxRetries: 3\`

    InvalidError WINDLASS_INVALID_MAX_RETRIES
    \`maxRetries\` of Retries must be a whole number from 0 to 10, got -1
    hint: write how often to try again, for instance \`maxRetries: 3\`

    InvalidError WINDLASS_INVALID_MAX_RETRIES
    \`maxRetries\` of Retries must be a whole number from 0 to 10, got 11
    hint: write how often to try again, for instance \`maxRetries: 3\`

    InvalidError WINDLASS_INVALID_BACKOFF_COEFFICIENT
    \`backoffCoefficient\` of Retries must be a number from 1 to 10, got 0.5
    hint: leave it out for 2

    InvalidError WINDLASS_INVALID_INITIAL_DELAY
    \`initialDelaySeconds\` of Retries must be a number from 0 to 60, got 61
    hint: leave it out for 1

    InvalidError WINDLASS_INVALID_MAX_DELAY
    \`maxDelaySeconds\` of Retries must be a number from 1 to 60, got 0
    hint: leave it out for 60

    InvalidError WINDLASS_SEVERAL_MISTAKES
    Retries has 3 mistakes
      \`max_retries\` is not an option of Retries: it is \`maxRetries\`; use \`maxRetries\` instead (WINDLASS_OPTION_RENAMED)
      \`initialDelay\` is not an option of Retries; use one of \`maxRetries\`, \`backoffCoefficient\`, \`initialDelaySeconds\` or \`maxDelaySeconds\` (WINDLASS_OPTION_UNKNOWN)
      \`maxRetries\` of Retries must be a whole number from 0 to 10, got undefined; write how often to try again, for instance \`maxRetries: 3\` (WINDLASS_INVALID_MAX_RETRIES)
    hint: correct each of them

    InvalidError WINDLASS_OPTIONS_NOT_AN_OBJECT
    options of Retries must be an object, got 3
    hint: write them as \`{ maxRetries: … }\`"
  `);
});
