import type { Objects } from "../../lib/aws/objects.ts";
import type { Queues } from "../../lib/aws/queues.ts";
import type { Rows } from "../../lib/aws/rows.ts";

/** A topic of SNS, and the role that may publish to it. */
export interface Topic {
  readonly arn: string;
  readonly role: string;
}

export interface SchedulePorts {
  readonly environment: string;
  readonly rows: Rows;
  readonly objects: Objects;
  readonly queues: Pick<Queues, "send">;
  /** Asks the controller to look at pools of an app. */
  readonly wake: (app: string, pools: readonly string[]) => Promise<void>;
  readonly publish: (
    topic: Topic,
    notice: { readonly subject: string; readonly text: string },
  ) => Promise<void>;
  /** Posts JSON to an https URL. */
  readonly post: (url: string, body: object) => Promise<void>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly createCallId: () => string;
  readonly log: (fields: Readonly<Record<string, unknown>>) => void;
}
