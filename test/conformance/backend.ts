import type { Client } from "windlass";
import type * as module from "./app.ts";
import type { Notebook } from "./notebook.ts";

/** The handles of the app, as callers of any backend have them. */
type Handles = Client<typeof module>;

/** Whatever runs the app of the suite. */
export interface BackendUnderTest {
  readonly handles: Handles;
  readonly notebook: Notebook;
  /** Runs `other-process.ts` with these arguments and answers what it prints. */
  otherProcess(...args: readonly string[]): Promise<string>;
  close(): Promise<void>;
}
