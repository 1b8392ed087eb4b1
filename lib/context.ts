import { type CallContext, runtime } from "./runtime.ts";

/** The input that this code runs for; undefined outside of one. */
export function currentCall(): CallContext | undefined {
  return runtime.container()?.current;
}

/** Id of the input that this code runs for; undefined outside of one. */
export function currentInputId(): string | undefined {
  return runtime.container()?.current?.inputId;
}

/** Id of the call that this code runs for; undefined outside of one. */
export function currentFunctionCallId(): string | undefined {
  return runtime.container()?.current?.functionCallId;
}

/** False only in a process that runs functions: a container, here or on AWS. */
export function isLocal(): boolean {
  return runtime.container() === undefined;
}
