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
