import { App } from "windlass";

/** The app that every backend runs. */
export const app = new App("conformance", { env: { SHARED: "of the app", BOTH: "of the app" } });
