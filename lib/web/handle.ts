import type { Target } from "../backend.ts";
import { backendFor } from "../client/backend-for.ts";

/** A function that answers HTTP requests. */
export interface WebHandle {
  readonly name: string;
  /** Name of the app that it runs in: the including one, for an included app. */
  readonly app: string;
  /**
   * Where it answers, without a slash at the end.
   * @throws NotFoundError where nothing serves it, NoBackendError
   */
  url(): Promise<string>;
}

/** Makes the handle of a function that answers requests. */
export function createWebHandle(target: Pick<Target, "app" | "name">): WebHandle {
  return {
    name: target.name,
    get app() {
      return target.app;
    },
    url: async () => await (await backendFor(target)).url(target),
  };
}
