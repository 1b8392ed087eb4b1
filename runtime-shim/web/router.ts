import type { RouteDefinition } from "../../lib/web/definition.ts";

/** A route with what answers it. */
export interface Route extends RouteDefinition {
  /** Runs the handler on what was asked. */
  readonly run: (request: unknown, input?: unknown) => unknown;
  /** Its handler takes the body, or the query of a GET, as its first argument. */
  readonly takesInput: boolean;
}

export type Params = Readonly<Record<string, string>>;

/** The routes of a path, by method, and what stands for its `:names`. */
export interface Match {
  readonly byMethod: ReadonlyMap<string, Route>;
  readonly params: Params;
}

interface Pattern {
  readonly segments: readonly string[];
  readonly byMethod: Map<string, Route>;
}

const NO_PARAMS: Params = Object.freeze({});

/** Finds the routes of a path: those without names first, then in the order of their definition. */
export class Router {
  readonly #exact: Map<string, Map<string, Route>> = new Map();
  readonly #patterns: Map<string, Pattern> = new Map();

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      const byMethod = this.#entry(route.path);
      byMethod.set(route.method, route);
      if (route.method === "GET" && !byMethod.has("HEAD")) byMethod.set("HEAD", route);
    }
  }

  /** @param path - as it stands in the request, still encoded. Undefined where no route has it */
  find(path: string): Match | undefined {
    const byMethod = this.#exact.get(path);
    if (byMethod !== undefined) return { byMethod, params: NO_PARAMS };
    const given = path.split("/");
    for (const { segments, byMethod } of this.#patterns.values()) {
      const params = matchSegments(segments, given);
      if (params !== undefined) return { byMethod, params };
    }
    return undefined;
  }

  #entry(path: string): Map<string, Route> {
    const isPattern = path.includes("/:") || path.endsWith("/*");
    if (!isPattern) {
      const known = this.#exact.get(path) ?? new Map<string, Route>();
      this.#exact.set(path, known);
      return known;
    }
    const key = path.replaceAll(/:\w+/g, ":");
    const known = this.#patterns.get(key) ?? { segments: path.split("/"), byMethod: new Map() };
    this.#patterns.set(key, known);
    return known.byMethod;
  }
}

function matchSegments(segments: readonly string[], given: readonly string[]): Params | undefined {
  const isOpen = segments.at(-1) === "*";
  if (isOpen ? given.length < segments.length : given.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [at, segment] of segments.entries()) {
    const value = given[at] ?? "";
    if (segment === "*") params["*"] = given.slice(at).map(decode).join("/");
    else if (!segment.startsWith(":")) {
      if (segment !== value) return undefined;
    } else if (value === "") return undefined;
    else params[segment.slice(1)] = decode(value);
  }
  return params;
}

/** A text that is not encoded as it should be stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
