import { randomUUID } from "node:crypto";
import {
  exit,
  getLocalInputConcurrency,
  preempt,
  setLocalInputConcurrency,
  stopFetchingInputs,
} from "windlass";
import { app } from "./conformance-app.ts";
import { lines, note, seen } from "./note.ts";

/** One for each process. */
const id = randomUUID();

/** Is taken away while it works, by what tells a process to end. */
export const Preempted = app.cls(
  "Preempted",
  { maxContainers: 1 },
  class {
    readonly page: string;

    constructor({ page }: { page: string }) {
      this.page = page;
    }
    async [preempt]() {
      await note(this.page, "preempted");
    }
    async [exit]() {
      await note(this.page, "exits");
    }
    async work() {
      const isFirst = !(await lines(this.page)).includes("works");
      await note(this.page, "works");
      if (isFirst) {
        process.kill(process.pid, "SIGTERM");
        await seen(this.page, "never");
      }
      return "done";
    }
  },
);

/** Ends its container when it is told to. */
export const Retiring = app.cls(
  "Retiring",
  { maxContainers: 1 },
  class {
    readonly page: string;

    constructor({ page }: { page: string }) {
      this.page = page;
    }
    async [exit]() {
      await note(this.page, "exits");
    }
    work(retires: boolean) {
      if (retires) stopFetchingInputs();
      return id;
    }
  },
);

let running = 0;
let peak = 0;

/** Runs as many inputs at once as it was last told. */
export const Throttled = app.cls(
  "Throttled",
  { maxContainers: 1, concurrency: { maxInputs: 4 } },
  class {
    throttle(inputs: number) {
      setLocalInputConcurrency(inputs);
      return getLocalInputConcurrency();
    }
    async peak(ms: number) {
      running += 1;
      peak = Math.max(peak, running);
      await new Promise((resolve) => setTimeout(resolve, ms));
      running -= 1;
      return peak;
    }
  },
);

export const Single = app.cls(
  "Single",
  { singleUseContainers: true, maxContainers: 3 },
  class {
    process() {
      return id;
    }
  },
);
