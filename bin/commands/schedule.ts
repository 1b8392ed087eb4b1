import { DeployedFunction } from "../../lib/client/deployed.ts";
import { NotFoundError } from "../../lib/errors.ts";
import type { Invocation } from "../command-table.ts";
import { scheduleInfo, scheduleLines } from "../schedules/describe.ts";
import { type KnownSchedule, openHere, openOnAws, type Schedules } from "../schedules/place.ts";
import { type ActionContext, type Actions, printLine, runAction } from "../storage/actions.ts";
import { suggest } from "../suggest.ts";

const ACTIONS: Actions = {
  list: {
    operands: "<app>",
    run: (context) => withSchedules(context, (schedules) => list(schedules, context)),
  },
  run: { operands: "<app> <function>", run: runNow },
  pause: { operands: "<app> <function>", run: (context) => setPaused(context, true) },
  resume: { operands: "<app> <function>", run: (context) => setPaused(context, false) },
};

/** Which functions run by themselves, and when; pauses them, and runs them now. */
export async function run(invocation: Invocation): Promise<number> {
  return await runAction("schedule", ACTIONS, invocation);
}

async function list(schedules: Schedules, { json }: ActionContext): Promise<void> {
  const known = await schedules.list();
  const now = Date.now();
  if (json) printLine(JSON.stringify(known.map((one) => scheduleInfo(one, now))));
  else if (known.length === 0) printLine(`app "${schedules.app}" has no schedule`);
  else for (const line of scheduleLines(known, now)) printLine(line);
}

async function setPaused(context: ActionContext, isPaused: boolean): Promise<void> {
  await withSchedules(context, async (schedules) => {
    const { name } = find(await schedules.list(), schedules.app, context.rest[0]);
    await schedules.setPaused(name, isPaused);
  });
}

/** Whether or not it is paused or runs already: somebody asks for it. */
async function runNow(context: ActionContext): Promise<void> {
  const { name: app, connect, rest, json, options } = context;
  const [wanted = ""] = rest;
  const scheduled = await withSchedules(context, async (schedules) => ({
    app: schedules.app,
    name: find(await schedules.list(), schedules.app, wanted).name,
  }));
  if (isHere(context)) {
    const { run: runCommand } = await import("./run.ts");
    const { debug } = options;
    await runCommand({ operands: [`${app}::${scheduled.name}`], options: { json, debug } });
    return;
  }
  const call = await DeployedFunction.fromName(scheduled.app, scheduled.name, connect).spawn();
  printLine(json ? JSON.stringify({ functionCallId: call.id }) : call.id);
}

async function withSchedules<Result>(
  context: ActionContext,
  act: (schedules: Schedules) => Promise<Result>,
): Promise<Result> {
  const { name, connect } = context;
  const schedules = isHere(context) ? await openHere(name) : await openOnAws(name, connect);
  try {
    return await act(schedules);
  } finally {
    await schedules.close();
  }
}

function isHere({ connect }: ActionContext): boolean {
  return connect.environment === undefined;
}

/** @throws NotFoundError when the app has no such function, or that no schedule */
function find(known: readonly KnownSchedule[], app: string, wanted = ""): KnownSchedule {
  const found = known.find(({ name }) => name === wanted);
  if (found !== undefined) return found;
  const names = known.map(({ name }) => name);
  const close = suggest(wanted, names);
  throw new NotFoundError(
    "WINDLASS_SCHEDULE_NOT_FOUND",
    `app "${app}" has no scheduled function "${wanted}"; scheduled are: ${names.join(", ") || "none"}`,
    { hint: close === undefined ? "name one of them" : `did you mean \`${close}\`?` },
  );
}
