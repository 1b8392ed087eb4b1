import { ThreadWorker } from "poolifier";
import { echo, hash, sleep } from "./tasks.mjs";

// The pool finds the worker by its message port, so nothing needs to be exported. It awaits only `async` functions.
new ThreadWorker({ echo, hash, sleep: async (input) => await sleep(input) });
