import {
  currentCall,
  currentFunctionCallId,
  currentInputId,
  DeployedCls,
  DeployedFunction,
  type FunctionHandle,
  isLocal,
} from "windlass";
import { app } from "./conformance-app.ts";
import { double } from "./functions.ts";

/** Asked where no input runs. */
const atImport = { call: currentCall(), inputId: currentInputId(), isLocal: isLocal() };

export const whoAmI = app.function(
  "whoAmI",
  { concurrency: { maxInputs: 4 }, maxContainers: 1 },
  async (ms: number) => {
    const ids = (): unknown => [currentFunctionCallId(), currentInputId(), currentCall()?.attempt];
    const before = ids();
    await new Promise((resolve) => setTimeout(resolve, ms));
    const { WINDLASS_APP, WINDLASS_FUNCTION, WINDLASS_CONTAINER_ID } = process.env;
    return {
      callId: currentFunctionCallId(),
      inputId: currentInputId(),
      isSame: JSON.stringify(before) === JSON.stringify(ids()),
      isLocal: isLocal(),
      atImport,
      env: { WINDLASS_APP, WINDLASS_FUNCTION, WINDLASS_CONTAINER_ID },
    };
  },
);

export const gauge = app.function(
  "gauge",
  { concurrency: { maxInputs: 3 }, maxContainers: 1 },
  async (ms: number) => {
    running += 1;
    peak = Math.max(peak, running);
    await new Promise((resolve) => setTimeout(resolve, ms));
    running -= 1;
    return peak;
  },
);
let running = 0;
let peak = 0;

/** Calls itself. */
export const depth: FunctionHandle<(n: number) => Promise<number>> = app.function(
  "depth",
  { maxContainers: 5 },
  async (n: number): Promise<number> => (n === 0 ? 0 : 1 + (await depth.remote(n - 1))),
);

// An app that nobody runs: calls of it have nowhere to go.
const elsewhere = DeployedFunction.fromName<typeof double>("elsewhere", "double");
const missing = DeployedFunction.fromName<typeof double>("conformance", "missing");

const CALLS = {
  remote: (x: number) => double.remote(x),
  map: async (x: number) => {
    let sum = 0;
    for await (const output of double.map(Array.from({ length: x }, (_, at) => at))) sum += output;
    return sum;
  },
  spawn: async (x: number) => {
    const call = await double.spawn(x);
    return { id: call.id, output: await call.get() };
  },
  missing: (x: number) => missing.remote(x),
  "missing method": (x: number) =>
    new (DeployedCls.fromName("conformance", "Counter"))({ start: x })["absent"]?.remote(),
  "another app": (x: number) => elsewhere.remote(x),
};

export const calling = app.function(
  "calling",
  { maxContainers: 1 },
  async (how: keyof typeof CALLS, x: number): Promise<unknown> => await CALLS[how](x),
);

export const confined = app.function(
  "confined",
  { maxContainers: 1, uses: ["add"] },
  async (x: number) => await double.remote(x),
);
