import { ExecutionError, InvalidError } from "./errors.ts";
import { show } from "./options/show.ts";
import { type ContainerControls, runtime } from "./runtime.ts";

/**
 * Makes this container take no more inputs: it finishes those that it runs, then runs its `[exit]` hooks and ends; others
 * run the rest. For code that knows that its process should not be used again.
 * @throws ExecutionError outside of a container
 */
export function stopFetchingInputs(): void {
  controls("stopFetchingInputs").stopFetching();
}

/** How many inputs this container runs at once. @throws ExecutionError outside of a container */
export function getLocalInputConcurrency(): number {
  return controls("getLocalInputConcurrency").concurrency;
}

/**
 * Changes how many inputs this container runs at once; those that run go on. More than `maxInputs` of its `concurrency`
 * are taken to be that.
 * @throws InvalidError for what is not a whole number above 0; ExecutionError outside of a container
 */
export function setLocalInputConcurrency(inputs: number): void {
  const { setConcurrency } = controls("setLocalInputConcurrency");
  if (!Number.isInteger(inputs) || inputs < 1) {
    throw new InvalidError(
      "WINDLASS_INVALID_LOCAL_CONCURRENCY",
      `setLocalInputConcurrency() takes a whole number above 0, got ${show(inputs)}`,
      { hint: "call stopFetchingInputs() for a container that is to take none" },
    );
  }
  setConcurrency(inputs);
}

function controls(name: string): ContainerControls {
  const found = runtime.container()?.controls;
  if (found !== undefined) return found;
  throw new ExecutionError(
    "WINDLASS_NOT_IN_CONTAINER",
    `${name}() was called outside of a container, where no inputs are taken`,
    { hint: "call it in a function or method, behind `if (!isLocal())` where that runs here too" },
  );
}
