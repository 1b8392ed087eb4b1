import { afterAll, expect, test } from "vitest";
import { systemClock } from "../../lib/clock.ts";
import { LocalAnswers } from "../../lib/local/web/local-answers.ts";
import { tempProject } from "../bundle/temp-project.ts";

const HOUR_MS = 3600_000;
const kept = {
  status: 200,
  headers: [["x-a", "1"]] as [string, string][],
  body: Buffer.from("one\ntwo"),
};

function setUp() {
  let now = 1_700_000_000_000;
  const clock = { ...systemClock, now: () => now, wallTime: () => now };
  const root = tempProject({}, afterAll);
  return {
    open: () => new LocalAnswers(root, clock),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

test("an answer is kept for an hour, for a later process too", async () => {
  const { open, pass } = setUp();
  const answers = open();
  await answers.begin("one", 1000);
  await answers.put("one", kept);

  pass(HOUR_MS);
  expect(await open().take("one", 0)).toEqual(kept);
  pass(1000);
  expect(await open().take("one", 0)).toBe("unknown");
  await open().put("other", kept);
  expect(await answers.take("one", 0)).toBe("unknown");
});

test("an answer that does not come in its time is given up", async () => {
  const { open, pass } = setUp();
  const answers = open();
  await answers.begin("one", 1000);

  expect(await answers.take("one", 0)).toBe("pending");
  pass(1000);
  expect(await answers.take("one", 0)).toBe("unknown");
});

test("an id that is no id finds nothing", async () => {
  expect(await setUp().open().take("../secrets", 0)).toBe("unknown");
});
