import type { KeptAnswer } from "../../lib/web/answers.ts";
import type { Refusal } from "./problem.ts";

/** An answer of ours in place of one that there is not. */
export function failedAnswer({ status, code, message }: Refusal): KeptAnswer {
  const body = Buffer.from(JSON.stringify({ error: { code, message } }));
  return { status, headers: [["content-type", "application/json"]], body };
}
