import { App } from "windlass";
import { OutageError, QuotaError } from "./errors.ts";

/** The app that every backend runs. */
export const app = new App("conformance", {
  env: { SHARED: "of the app", BOTH: "of the app" },
  errors: { OutageError, QuotaError },
});
