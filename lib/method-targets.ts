import type { Target } from "./backend.ts";
import { encodePage } from "./codec/encode.ts";
import type { Page } from "./codec/page.ts";
import { InvalidError, RequestSizeError } from "./errors.ts";
import { packPage } from "./messages.ts";
import { show } from "./options/show.ts";

/** Parameters of one object, as Modal's limit. */
const MAX_PARAMS_BYTES = 16 * 1024;
/** Targets that are kept for objects with equal parameters, so that they share their open calls. */
const MAX_TARGETS = 1000;

/** The methods of a class's remote objects as targets of calls. */
export class MethodTargets {
  readonly #target: Target;
  readonly #known: Map<string, Target> = new Map();

  /** @param target - App and name, without parameters. */
  constructor(target: Target) {
    this.#target = target;
  }

  of(method: string, params: Page | undefined): Target {
    const key = params === undefined ? method : `${method} ${packPage(params)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const target = this.#target;
    const created: Target = {
      get app() {
        return target.app;
      },
      name: target.name,
      get backend() {
        return target.backend;
      },
      variant: target.variant,
      method,
      params,
    };
    if (this.#known.size === MAX_TARGETS) this.#known.delete(this.#known.keys().next().value ?? "");
    this.#known.set(key, created);
    return created;
  }
}

/** The containers of a class with these parameters: what all its methods run in. */
export function poolTarget(
  { app, name, backend, variant }: Target,
  params: Page | undefined,
): Target {
  return { app, name, backend, variant, params };
}

/** The parameters of an object as a page of one value. @throws InvalidError, RequestSizeError */
export function toParams(name: string, params: readonly unknown[]): Page | undefined {
  const [value] = params;
  if (value === undefined) return undefined;
  if (params.length > 1 || typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InvalidError(
      "WINDLASS_INVALID_PARAMS",
      `parameters of class "${name}" must be one object, got ${params.map(show).join(", ")}`,
      { hint: `write \`new ${name}({ … })\`` },
    );
  }
  // Sorted, so that the order in which parameters are written makes no other pool of containers.
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  const page = encodePage([Object.fromEntries(entries)], () => "params");
  const bytes = packPage(page).length;
  if (bytes <= MAX_PARAMS_BYTES) return page;
  throw new RequestSizeError(
    "WINDLASS_PARAMS_TOO_LARGE",
    `parameters of class "${name}" must have at most ${MAX_PARAMS_BYTES} bytes, got ${bytes}`,
    { hint: "pass large values to the methods, or load them in an `[enter]` hook" },
  );
}
