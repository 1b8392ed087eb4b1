import type { EventForFunctions } from "./call-with-event.ts";
import type { ControlRequest } from "./control.ts";

const INTERRUPTION = "EC2 Spot Instance Interruption Warning";

/** What the function is invoked with: by clients and containers, by the schedule, or by a rule for changes. */
export type ControllerEvent =
  | { readonly kind: "wake"; readonly app: string; readonly pools: readonly string[] }
  | { readonly kind: "sweep" }
  | EventForFunctions
  | {
      readonly source: string;
      readonly "detail-type": string;
      readonly detail: Readonly<Record<string, unknown>>;
    };

/** What is to be done for an event; the rules let nothing through that changes nothing. */
export function toRequest(event: Exclude<ControllerEvent, EventForFunctions>): ControlRequest {
  if ("kind" in event) return event;
  const instanceId = event.detail["instance-id"];
  if (typeof instanceId !== "string") return { kind: "change" };
  return { kind: event["detail-type"] === INTERRUPTION ? "interruption" : "change", instanceId };
}
