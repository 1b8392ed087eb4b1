import { expect, test } from "vitest";
import { Cron, Period } from "windlass";
import { mistake } from "./mistake.ts";

test.each(["* * * * *", "0 9 * * 1-5", "*/15 0-6,22-23 1,15 JAN-MAR,dec sun", "5/10 12 31 12 7"])(
  "the cron expression %j is valid",
  (expression) => {
    expect(new Cron(expression)).toMatchObject({ expression, timezone: "UTC" });
  },
);

test("white space of a cron expression is evened out", () => {
  expect(new Cron("  0  9 *\t* 1 ").expression).toBe("0 9 * * 1");
});

test.each(["Europe/Rome", "UTC", "America/New_York"])("%s is a time zone", (timezone) => {
  expect(new Cron("0 9 * * *", { timezone }).timezone).toBe(timezone);
});

test("a cron expression with another number of fields says which five there are", () => {
  expect(
    ["", "0 9 * *", "0 0 9 * * *", "@daily", 5]
      .map((expression) => mistake(() => new Cron(expression as string)))
      .join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_CRON
    a Cron expression must have five fields, got ""
    hint: write minute, hour, day of month, month and day of week, for instance "0 9 * * 1-5"

    InvalidError WINDLASS_INVALID_CRON
    a Cron expression must have five fields, got "0 9 * *"
    hint: write minute, hour, day of month, month and day of week, for instance "0 9 * * 1-5"

    InvalidError WINDLASS_INVALID_CRON
    a Cron expression must have five fields, got "0 0 9 * * *"
    hint: write minute, hour, day of month, month and day of week, for instance "0 9 * * 1-5"

    InvalidError WINDLASS_INVALID_CRON
    a Cron expression must have five fields, got "@daily"
    hint: write minute, hour, day of month, month and day of week, for instance "0 9 * * 1-5"

    InvalidError WINDLASS_INVALID_CRON
    a Cron expression must have five fields, got 5
    hint: write minute, hour, day of month, month and day of week, for instance "0 9 * * 1-5""
  `);
});

test("every wrong field of a cron expression is told at once", () => {
  expect(mistake(() => new Cron("60 24 0 13 8"))).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_SEVERAL_MISTAKES
    Cron has 5 mistakes
      the minute of a Cron expression must be made of 0-59, "*", ranges, lists and steps, got "60"; write for instance "*", "5", "1-5", "1,15" or "*/10" (WINDLASS_INVALID_CRON_FIELD)
      the hour of a Cron expression must be made of 0-23, "*", ranges, lists and steps, got "24"; write for instance "*", "5", "1-5", "1,15" or "*/10" (WINDLASS_INVALID_CRON_FIELD)
      the day of month of a Cron expression must be made of 1-31, "*", ranges, lists and steps, got "0"; write for instance "*", "5", "1-5", "1,15" or "*/10" (WINDLASS_INVALID_CRON_FIELD)
      the month of a Cron expression must be made of 1-12 or JAN-DEC, "*", ranges, lists and steps, got "13"; write for instance "*", "5", "1-5", "1,15" or "*/10" (WINDLASS_INVALID_CRON_FIELD)
      the day of week of a Cron expression must be made of 0-7 or SUN-SAT, "*", ranges, lists and steps, got "8"; write for instance "*", "5", "1-5", "1,15" or "*/10" (WINDLASS_INVALID_CRON_FIELD)
    hint: correct each of them"
  `);
});

test.each([
  "-1 * * * *",
  "1-0 * * * *",
  "*/0 * * * *",
  "*/60 * * * *",
  "1,,2 * * * *",
  "1- * * * *",
  "* * L * *",
  "* * ? * *",
  "* * * FOO *",
  "* * * * MON#2",
  "1.5 * * * *",
])("the cron expression %j is refused", (expression) => {
  expect(mistake(() => new Cron(expression))).toContain("WINDLASS_INVALID_CRON_FIELD");
});

test("an unknown time zone or option of a Cron is refused", () => {
  expect(
    [{ timezone: "Rome" }, { timezone: 2 }, { timeZone: "UTC" }]
      .map((options) => mistake(() => new Cron("0 9 * * *", options as object)))
      .join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_TIMEZONE
    \`timezone\` of Cron must be the IANA name of a time zone, got "Rome"
    hint: write a name such as "Europe/Rome" or "UTC"

    InvalidError WINDLASS_INVALID_TIMEZONE
    \`timezone\` of Cron must be the IANA name of a time zone, got 2
    hint: write a name such as "Europe/Rome" or "UTC"

    InvalidError WINDLASS_OPTION_RENAMED
    \`timeZone\` is not an option of Cron: it is \`timezone\`
    hint: use \`timezone\` instead"
  `);
});

test("a Period adds up its lengths", () => {
  expect({ ...new Period({ hours: 1, seconds: 0.5 }) }).toEqual({
    kind: "period",
    years: 0,
    months: 0,
    weeks: 0,
    days: 0,
    hours: 1,
    minutes: 0,
    seconds: 0.5,
  });
});

test("a Period that is empty, negative, fractional or misspelt is refused", () => {
  expect(
    [{}, { days: 0 }, { minutes: -5 }, { hours: 1.5 }, { minute: 5 }, 5]
      .map((options) => mistake(() => new Period(options as object)))
      .join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_EMPTY_PERIOD
    a Period must be longer than 0
    hint: give at least one length, for instance \`new Period({ minutes: 5 })\`

    InvalidError WINDLASS_EMPTY_PERIOD
    a Period must be longer than 0
    hint: give at least one length, for instance \`new Period({ minutes: 5 })\`

    InvalidError WINDLASS_INVALID_PERIOD
    \`minutes\` of Period must be a whole number of at least 0, got -5
    hint: write a length, for instance \`new Period({ minutes: 5 })\`

    InvalidError WINDLASS_INVALID_PERIOD
    \`hours\` of Period must be a whole number of at least 0, got 1.5
    hint: write a length, for instance \`new Period({ minutes: 5 })\`

    InvalidError WINDLASS_OPTION_UNKNOWN
    \`minute\` is not an option of Period
    hint: did you mean \`minutes\`?

    InvalidError WINDLASS_OPTIONS_NOT_AN_OBJECT
    options of Period must be an object, got 5
    hint: write them as \`{ years: … }\`"
  `);
});
