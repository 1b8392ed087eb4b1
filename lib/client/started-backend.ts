import type { Backend } from "../backend.ts";

/** A backend that this process started and has to end. */
export interface StartedBackend extends Backend {
  close(): Promise<void>;
}
