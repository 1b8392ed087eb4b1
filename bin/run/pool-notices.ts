import type { PoolRow } from "../../lib/aws/pool-row.ts";
import type { Rows } from "../../lib/aws/rows.ts";
import type { RunOutput } from "./output.ts";

const POLL_MS = 1000;
/** A notice says nothing once it is this old. */
const KNOWN_MS = 120_000;

/** Tells why inputs of an app wait, for instance for a host that boots, until the returned function is called. */
export function followNotices(
  rows: Rows,
  app: string,
  output: Pick<RunOutput, "notice">,
): () => void {
  const told = new Map<string, string>();
  const startedAt = Date.now();
  const look = async (): Promise<void> => {
    for (const { sk, body } of await rows.list<PoolRow>(`${app}#pools`)) {
      const isOld = body.at < Math.max(startedAt, Date.now() - KNOWN_MS);
      if (isOld || told.get(sk) === body.notice) continue;
      told.set(sk, body.notice);
      output.notice(`"${sk}" waits: ${body.notice}`);
    }
  };
  // What cannot be read now is read the next time.
  const timer = setInterval(() => void look().catch(() => {}), POLL_MS);
  return () => clearInterval(timer);
}
