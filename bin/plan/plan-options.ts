import { UsageError } from "../usage-error.ts";

type Parsed = Readonly<Record<string, unknown>>;

/** What a plan may cost at most. */
export interface Gate {
  /** As it was given. */
  readonly text: string;
  readonly usd: number;
  /** `month`: at rest, a month. `hour`: the dearest first host of a function, an hour. */
  readonly per: "month" | "hour";
}

/** `--seconds-per-call`. @throws UsageError for what is not a number above 0 */
export function toSecondsPerCall({ secondsPerCall = 1 }: Parsed): number {
  const seconds = Number(secondsPerCall);
  if (Number.isFinite(seconds) && seconds > 0) return seconds;
  throw new UsageError(
    "WINDLASS_INVALID_SECONDS_PER_CALL",
    `\`--seconds-per-call\` must be a number of seconds above 0, got "${String(secondsPerCall)}"`,
    { hint: "leave it out for 1 second, or give what `windlass call report` has measured" },
  );
}

/** `--fail-over`, which may be given several times. @throws UsageError for what is no sum of dollars */
export function toGates({ failOver = [] }: Parsed): Gate[] {
  return (failOver as readonly string[]).map((text) => {
    const [, amount, hour] = /^\$?(\d+(?:\.\d+)?)(?:USD)?(\/h)?$/i.exec(text) ?? [];
    if (amount !== undefined) {
      return { text, usd: Number(amount), per: hour === undefined ? "month" : "hour" };
    }
    throw new UsageError(
      "WINDLASS_INVALID_FAIL_OVER",
      `\`--fail-over\` must be dollars a month at rest or dollars an hour of a host, got "${text}"`,
      { hint: "write for instance `--fail-over 100USD` or `--fail-over 2.50USD/h`" },
    );
  });
}
