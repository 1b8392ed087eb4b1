// Another program than the tests, for what a call must survive: `other-process.ts <backend> collect <call id>`.
import { FunctionCall, isWindlassError } from "windlass";
import { app } from "./app.ts";

const [backend = "", task = "", callId = ""] = process.argv.slice(2);

async function collect(): Promise<unknown> {
  const options = backend === "aws" ? { app: app.name } : undefined;
  const outputs: unknown[] = [];
  try {
    for await (const output of FunctionCall.fromId(callId, options).iter()) outputs.push(output);
  } catch (error) {
    if (isWindlassError(error)) return error.code;
    throw error;
  }
  return outputs;
}

if (task !== "collect") throw new RangeError(`unknown task ${task}`);
const run = backend === "local" ? await app.run({ backend: "local", output: false }) : undefined;
console.log(JSON.stringify(await collect()));
await run?.close();
process.exit(0);
