import { afterAll, beforeAll, describe, inject, type TestContext } from "vitest";
import { createContainerId } from "../../lib/ids.ts";
import { awsTest } from "./aws.ts";
import type { FaultInput } from "./fault-app.ts";
import { type Death, FaultLab, Trial } from "./fault-lab.ts";

const MINUTES = 60_000;
const MOMENTS = ["before", "after"] as const;

/** A request of an agent, and by which texts it is known. */
interface Step {
  readonly does: string;
  readonly operation: string;
  readonly match: (trial: Trial) => readonly string[];
}

interface Point {
  readonly title: string;
  readonly function: "alone" | "shared";
  readonly inputs: readonly Trait[];
  /** Where containers die, one after the other. */
  readonly deaths: readonly { readonly step: Step; readonly moment: Death["moment"] }[];
  /** The first is told to stop while it has a result and runs an input. */
  readonly isStopped: boolean;
}

/** What an input does; one that hangs does so in the first container only. */
type Trait = "plain" | "large" | "flaky" | "broken" | "hangs";

/** Writes the row of the range that starts at this input, with a body that holds all of these. */
function writes(does: string, start: number, ...fields: readonly string[]): Step {
  const texts = fields.map((field) => field.replaceAll('"', String.raw`\"`));
  const key = `"sk":{"S":"${String(start).padStart(10, "0")}"}`;
  return { does, operation: "PutItem", match: ({ callId }) => [callId, key, ...texts] };
}

/** Asks for something at the queue of inputs; as it is inside of a message, its name is followed by a backslash. */
function queued(does: string, operation: string, ...fields: readonly string[]): Step {
  return { does, operation, match: ({ queue }) => [`${queue}"`, ...fields] };
}

const stores = writes("stores the last results", 0, '"isDone":true');
const flushes = writes("stores the first results", 0, '"isDone":false');
const replies: Step = {
  does: "tells them",
  operation: "SendMessage",
  match: ({ replies }) => [`${replies}"`],
};
const buries: Step = {
  does: "tells the dead-letter queue of a failure",
  operation: "SendMessage",
  match: ({ deadLetters }) => [`${deadLetters}"`],
};
const deletes = queued("deletes the message", "DeleteMessage");
const putsObject: Step = {
  does: "puts results into an object",
  operation: "PutObject",
  match: ({ callId }) => [`${callId}/out/`],
};
const splits: Step = {
  does: "takes inputs out of the range",
  operation: "TransactWriteItems",
  match: ({ callId }) => [callId],
};
const sends = queued("sends them", "SendMessage");
const marks = (child: number): Step =>
  writes("notes that they were sent", child, '"owner":""', '"isSent":true');
const storesChild = writes("stores the results of what had left", 1, '"isDone":true');
const handsBack = writes("gives the range up", 0, '"owner":""');
const shows = queued("shows the message", "ChangeMessageVisibility", '"VisibilityTimeout":0');
const takesOver = writes("takes the range over", 0, '"epoch":1');
const begins = writes("says what it runs next", 0, '"suspect":');

/** For each step a container that dies before it, and one that dies after it. */
function points(
  what: string,
  steps: readonly Step[],
  rest: Pick<Point, "inputs"> & Partial<Point>,
): Point[] {
  return steps.flatMap((step) =>
    MOMENTS.map((moment): Point => {
      const title = `${what}, ${moment} it ${step.does}`;
      const { deaths = [] } = rest;
      const all = [...deaths, { step, moment }];
      return { function: "alone", isStopped: false, title, ...rest, deaths: all };
    }),
  );
}

const POINTS: readonly Point[] = [
  ...points("completing", [stores, replies, deletes], { inputs: ["plain", "plain"] }),
  ...points("completing with an object", [putsObject], { inputs: ["plain", "large"] }),
  ...points("completing with a failure", [stores, replies, buries, deletes], {
    inputs: ["plain", "broken"],
  }),
  ...points("going on after a failure was stored", [buries, deletes], {
    inputs: ["broken", "plain"],
    deaths: [{ step: stores, moment: "after" }],
  }),
  ...points("flushing", [flushes, replies], { inputs: ["plain", "plain", "hangs"] }),
  ...points("splitting for another attempt", [splits, sends, marks(1), storesChild], {
    inputs: ["plain", "flaky", "plain"],
  }),
  ...points("splitting behind a slow input", [splits, sends, marks(2)], {
    function: "shared",
    inputs: ["plain", "hangs", "plain", "plain"],
  }),
  ...points("handing back", [handsBack, shows], { inputs: ["plain", "hangs"], isStopped: true }),
  ...points("going on after a flush", [takesOver, begins, stores], {
    inputs: ["plain", "plain", "hangs"],
    deaths: [{ step: flushes, moment: "after" }],
  }),
  ...points("going on after a split", [sends, marks(1)], {
    inputs: ["plain", "flaky", "plain"],
    deaths: [{ step: splits, moment: "after" }],
  }),
];

let lab: FaultLab;

beforeAll(async () => {
  if (inject("aws") !== null) lab = await FaultLab.create();
}, 4 * MINUTES);

afterAll(async () => {
  if (inject("aws") !== null) await lab.close();
});

describe("loses and doubles nothing when containers die", () => {
  for (const point of POINTS) {
    awsTest.concurrent(point.title, { timeout: 2 * MINUTES }, (context) => run(point, context));
  }
});

async function run(
  { function: name, inputs, deaths, isStopped }: Point,
  { expect, onTestFinished }: TestContext,
): Promise<void> {
  const trial = await Trial.create(lab, name);
  onTestFinished(() => trial.end());
  const ids = deaths.map(() => createContainerId());
  await trial.send(inputs.map((trait, index) => toInput(trait, index, ids[0])));

  let stopped: Promise<void> | undefined;
  for (const [at, { step, moment }] of deaths.entries()) {
    const { operation } = step;
    const killed = await trial.kill({ operation, moment, match: step.match(trial) });
    const container = await trial.start(ids[at] ?? "");
    if (isStopped) stopped = trial.flushed().then(() => container.stop());
    const struck = await killed();
    trial.died(container);
    expect(struck).toBe(await container.runtimeId());
  }
  await trial.start(createContainerId());
  await trial.settled();
  await stopped;

  const stored = await trial.stored(inputs.length);
  expect(stored).toEqual(
    inputs.map((_, index) => ({ index, output: expect.stringMatching(`^${index} `) })),
  );
  const told = await trial.told();
  const failed = stored.filter((_, index) => inputs[index] === "broken");
  expect(await trial.failed()).toEqual(failed);
  // Nobody is told twice, nor of what another execution than the stored one has returned.
  expect(told).toEqual(stored.filter(({ index }) => told.some((other) => other.index === index)));
}

function toInput(trait: Trait, index: number, first: string | undefined): FaultInput {
  return {
    index,
    ...(trait === "hangs" && first !== undefined && { hangsIn: first }),
    ...(trait === "flaky" && { isFlaky: true }),
    ...(trait === "broken" && { isBroken: true }),
    ...(trait === "large" && { chars: 400_000 }),
  };
}
