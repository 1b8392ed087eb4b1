// The app that the suite `aws` deploys: what it runs costs nothing, so that all time is that of the way there and back.
import { App } from "windlass";

export const app = new App("bench");

const size = { cpu: 0.25, memoryMiB: 256, maxContainers: 1, scaledownWindowSeconds: 900 };

export const echo = app.function("echo", size, (value) => value);
/** The suite edits this line. */
const VERSION = 1;
export const version = app.function("version", size, () => VERSION);
