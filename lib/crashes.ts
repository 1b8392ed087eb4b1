import { ContainerCrashedError } from "./errors.ts";

/** An input that ends its container this often while it runs alone fails. */
export const MAX_CRASHES = 3;

/** What an input fails with that ended its container: `detail` is how, `times` how often in a row. */
export function crashError(
  name: string,
  { detail, times }: { readonly detail: string; readonly times: number },
): ContainerCrashedError {
  const often = times === 1 ? "" : ` ${times} times`;
  return new ContainerCrashedError(
    "WINDLASS_CONTAINER_CRASHED",
    `the container of "${name}" ended${often} while it ran this input: ${detail}`,
    { hint: "look for process.exit, running out of memory, or an error outside of any await" },
  );
}

/** What a generator fails with whose container is about to go: what it has yielded cannot be taken back. */
export function interruptedError(name: string): ContainerCrashedError {
  return new ContainerCrashedError(
    "WINDLASS_GENERATOR_INTERRUPTED",
    `the container of "${name}" was stopped while its generator ran`,
    { hint: "iterate it again: a generator that has yielded does not run a second time by itself" },
  );
}
