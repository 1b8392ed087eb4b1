// The app of the suite, as its users would write it: each backend runs this module.
export * from "./app/classes.ts";
export { app } from "./app/conformance-app.ts";
export * from "./app/containers.ts";
export * from "./app/context.ts";
export * from "./app/failures.ts";
export * from "./app/functions.ts";
export * from "./app/generators.ts";
export * from "./app/scaling.ts";
export * from "./app/volumes.ts";
