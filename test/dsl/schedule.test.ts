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
  expect({ ...new Period({ hours: 1, seconds: 120 }) }).toEqual({
    kind: "period",
    years: 0,
    months: 0,
    weeks: 0,
    days: 0,
    hours: 1,
    minutes: 0,
    seconds: 120,
    overlap: "skip",
    onFailure: undefined,
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

test("a Period of less than a minute, or not of whole ones, says why it is refused", () => {
  expect(
    [{ seconds: 30 }, { minutes: 1, seconds: 30 }, { months: 1, seconds: 0.5 }]
      .map((options) => mistake(() => new Period(options)))
      .join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_PERIOD_NOT_MINUTES
    a Period must be a whole number of minutes, got 30 seconds: what fires schedules on AWS counts in minutes
    hint: write minutes, for instance \`new Period({ minutes: 1 })\`; for what comes more often let one run loop and wait in between

    InvalidError WINDLASS_PERIOD_NOT_MINUTES
    a Period must be a whole number of minutes, got 90 seconds: what fires schedules on AWS counts in minutes
    hint: write minutes, for instance \`new Period({ minutes: 1 })\`; for what comes more often let one run loop and wait in between

    InvalidError WINDLASS_PERIOD_NOT_MINUTES
    a Period must be a whole number of minutes, got 0.5 seconds: what fires schedules on AWS counts in minutes
    hint: write minutes, for instance \`new Period({ minutes: 1 })\`; for what comes more often let one run loop and wait in between"
  `);
});

test("a day that never comes is refused", () => {
  expect(
    ["0 0 30 2 *", "0 0 31 4,6,9,11 *"].map((text) => mistake(() => new Cron(text))).join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_CRON_NEVER
    a Cron expression must name a day that comes, got "0 0 30 2 *": none of its months has a day 30
    hint: write another day of the month, for instance "0 9 1 * *"

    InvalidError WINDLASS_CRON_NEVER
    a Cron expression must name a day that comes, got "0 0 31 4,6,9,11 *": none of its months has a day 31
    hint: write another day of the month, for instance "0 9 1 * *""
  `);
  expect(new Cron("0 0 29 2 *").expression).toBe("0 0 29 2 *");
  expect(new Cron("0 0 30 2 MON").expression).toBe("0 0 30 2 MON");
});

test("an offset is no time zone: it has no summer", () => {
  expect(mistake(() => new Cron("0 9 * * *", { timezone: "+02:00" }))).toContain(
    "WINDLASS_INVALID_TIMEZONE",
  );
});

test("every schedule says what becomes of runs that overlap and fail", () => {
  const onFailure = { webhookUrl: "https://example.com/hook" };

  expect(new Cron("0 9 * * *")).toMatchObject({ overlap: "skip", onFailure: undefined });
  expect(new Cron("0 9 * * *", { overlap: "queue", onFailure })).toMatchObject({
    overlap: "queue",
    onFailure,
  });
  expect(new Period({ days: 1 }, { overlap: "allow", onFailure })).toMatchObject({
    overlap: "allow",
    onFailure,
  });
});

test("a policy or a notice that there is not is refused", () => {
  const topic = "arn:aws:sns:eu-west-1:111122223333:alarms";
  const both = { snsTopicArn: topic, webhookUrl: "https://example.com" };
  expect(
    [
      { overlap: "drop" },
      { onFailure: {} },
      { onFailure: both },
      { onFailure: { snsTopicArn: "alarms" } },
      { onFailure: { webhookUrl: "http://example.com" } },
      { onFailure: { slack: "x" } },
      { onFailure: "https://example.com" },
      { timezone: "UTC" },
    ]
      .map((runs) => mistake(() => new Period({ days: 1 }, runs as object)))
      .join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_OVERLAP
    \`overlap\` of Period must be "skip", "queue" or "allow", got "drop"
    hint: leave it out for "skip": no run begins while the one before is not done

    InvalidError WINDLASS_INVALID_FAILURE_NOTICE
    \`onFailure\` of Period must have either \`snsTopicArn\` or \`webhookUrl\`, got {}
    hint: write \`{ snsTopicArn: "arn:aws:sns:…" }\` or \`{ webhookUrl: "https://…" }\`

    InvalidError WINDLASS_INVALID_FAILURE_NOTICE
    \`onFailure\` of Period must have either \`snsTopicArn\` or \`webhookUrl\`, got {"snsTopicArn":"arn:aws:sns:eu-west-1:111122223333:alarms","…
    hint: write \`{ snsTopicArn: "arn:aws:sns:…" }\` or \`{ webhookUrl: "https://…" }\`

    InvalidError WINDLASS_INVALID_FAILURE_NOTICE
    \`snsTopicArn\` in \`onFailure\` of Period must be the ARN of a topic, got "alarms"
    hint: write \`{ snsTopicArn: "arn:aws:sns:…" }\` or \`{ webhookUrl: "https://…" }\`

    InvalidError WINDLASS_INVALID_FAILURE_NOTICE
    \`webhookUrl\` in \`onFailure\` of Period must be an https URL, got "http://example.com"
    hint: write \`{ snsTopicArn: "arn:aws:sns:…" }\` or \`{ webhookUrl: "https://…" }\`

    InvalidError WINDLASS_OPTION_UNKNOWN
    \`slack\` is not an option of \`onFailure\` of Period
    hint: use one of \`snsTopicArn\` or \`webhookUrl\`

    InvalidError WINDLASS_OPTIONS_NOT_AN_OBJECT
    options of \`onFailure\` of Period must be an object, got "https://example.com"
    hint: write them as \`{ snsTopicArn: … }\`

    InvalidError WINDLASS_OPTION_UNKNOWN
    \`timezone\` is not an option of Period
    hint: use one of \`overlap\` or \`onFailure\`"
  `);
  expect(new Period({ days: 1 }, { onFailure: { snsTopicArn: topic } }).onFailure).toEqual({
    snsTopicArn: topic,
  });
});
