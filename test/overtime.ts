/** A second for an input, in one container, which has time to start. */
export const OVERTIME = {
  timeoutSeconds: 1,
  startupTimeoutSeconds: 60,
  maxContainers: 1,
} as const;

type Mode = "fine" | "waits" | "blocks";

/** Is done in time, or takes longer with or without letting others have their turn. */
export async function overtimeHandler(mode: Mode): Promise<Mode> {
  if (mode === "waits") await new Promise((resolve) => setTimeout(resolve, 60_000));
  while (mode === "blocks");
  return mode;
}
