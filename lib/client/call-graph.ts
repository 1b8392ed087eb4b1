import { memberId } from "../ids.ts";
import { type InputStatus, inputsOf } from "./input-status.ts";
import type { TracedCall } from "./traced-call.ts";

/** An input with those that it has called. */
export interface InputInfo {
  readonly inputId: string;
  /** The call that it is of. */
  readonly functionCallId: string;
  /** The container that ran it last, or runs it; undefined where none did. */
  readonly containerId: string | undefined;
  readonly status: InputStatus;
  /** The function, or `Class.method`. */
  readonly functionName: string;
  readonly app: string;
  readonly children: readonly InputInfo[];
}

/** The inputs of a call, each with those that it has called. */
export function toGraph(call: TracedCall): InputInfo[] {
  const { callId, called } = call;
  return inputsOf(call).map(({ inputId, index, status, containerId }) => ({
    ...{ inputId, containerId, status, app: called.app, functionName: nameOf(call) },
    functionCallId: called.kind === "group" ? memberId(callId, index) : callId,
    children: call.made.flatMap((made) => (made.parent === index ? toGraph(made.call) : [])),
  }));
}

/** The name of what was called, as people write it. */
export function nameOf({ called: { name, method } }: Pick<TracedCall, "called">): string {
  return method === undefined ? name : `${name}.${method}`;
}
