import type { Apps } from "./apps.ts";
import type { ControllerPorts, ControllerSettings } from "./ports.ts";

/** What an invocation works with; `apps` and `notices` outlive it. */
export interface Controller {
  readonly ports: ControllerPorts;
  readonly settings: ControllerSettings;
  readonly apps: Apps;
  /** The last notice to each pool that this process wrote. */
  readonly notices: Map<string, { readonly notice: string; readonly at: number }>;
}
