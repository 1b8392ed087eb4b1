// The app that the suite `web-aws` deploys: each answer says which container and which deployment it comes from.
import { hostname } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { App } from "windlass";

export const app = new App("bench");

/** The suite edits this line. */
const VERSION = 1;
const answer = () => ({ container: hostname(), version: VERSION });
const size = { cpu: 0.25, memoryMiB: 256, scaledownWindowSeconds: 900 };

/** Two containers that answer at once. */
export const steady = app.endpoint(
  "steady",
  { ...size, minContainers: 2, maxContainers: 2, concurrency: { maxInputs: 200 } },
  answer,
);

/** None until it is asked: its first requests go through the queue. */
export const waiting = app.endpoint(
  "waiting",
  { ...size, maxContainers: 1, concurrency: { maxInputs: 4 } },
  async () => {
    await pause(500);
    return answer();
  },
);
