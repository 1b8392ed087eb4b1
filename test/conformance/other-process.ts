// Another program than the tests, for what a call must survive: `other-process.ts <backend> collect <call id>`,
// `other-process.ts <backend> map <key> <page of the notebook>`, which is killed while it runs.
import { connect, FunctionCall, isWindlassError } from "windlass";
import { OutageError } from "./app/errors.ts";
import * as module from "./app.ts";

const { app } = module;

const [backend = "", task = "", callId = "", page = ""] = process.argv.slice(2);

async function collect(): Promise<unknown> {
  const options = backend === "aws" ? { app: app.name } : undefined;
  const outputs: unknown[] = [];
  try {
    for await (const output of FunctionCall.fromId(callId, options).iter()) outputs.push(output);
  } catch (error) {
    if (isWindlassError(error)) return error.code;
    if (error instanceof OutageError) return `OutageError of ${error.region}`;
    throw error;
  }
  return outputs;
}

async function graph(): Promise<unknown> {
  const options = backend === "aws" ? { app: app.name } : undefined;
  return await FunctionCall.fromId(callId, options).graph();
}

async function cancel(): Promise<unknown> {
  const options = backend === "aws" ? { app: app.name } : undefined;
  try {
    await FunctionCall.fromId(callId, options).cancel();
    return "cancelled";
  } catch (error) {
    if (isWindlassError(error)) return error.code;
    throw error;
  }
}

/** Asks for more than it lives to see. */
async function map(): Promise<never> {
  const { noted } = backend === "aws" ? await connect<typeof module>(app.name) : module;
  const inputs = [1, 2, 3].map((value) => ({ page, value, line: value === 3 ? "go" : undefined }));
  for await (const output of noted.map(inputs, { idempotencyKey: callId })) {
    if (output === 2) process.kill(process.pid, "SIGKILL");
  }
  throw new RangeError("it was to end before its inputs");
}

const TASKS: Readonly<Record<string, () => Promise<unknown>>> = { collect, cancel, graph, map };
const run = backend === "local" ? await app.run({ backend: "local", output: false }) : undefined;
console.log(JSON.stringify(await TASKS[task]?.()));
await run?.close();
process.exit(0);
