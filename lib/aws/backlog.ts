import type { ContainerRow } from "./container-row.ts";

/** Inputs of a pool: those that wait in its queue or in a container, and those that run. */
export interface Inputs {
  readonly waiting: number;
  readonly running: number;
}

/**
 * Inputs of a pool by the messages that wait and what its containers say. A message holds as many as those did that
 * containers took or sent, one where none did. What a container has taken beyond its share waits too: it gives the half
 * of it to whoever is free.
 */
export function inputsOf(
  messages: number,
  containers: readonly Pick<ContainerRow, "taken" | "messageInputs">[],
  targetInputs: number,
): Inputs {
  const known = containers.flatMap(({ messageInputs }) => messageInputs ?? []);
  const perMessage = known.length === 0 ? 1 : sumOf(known) / known.length;
  const taken = sumOf(containers.map((container) => container.taken));
  const running = sumOf(containers.map((one) => Math.min(one.taken, targetInputs)));
  return { waiting: Math.round(messages * perMessage) + taken - running, running };
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}
