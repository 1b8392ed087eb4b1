import { App, Cron } from "windlass";

export const app = new App("scheduled-test");

app.function("hourly", { schedule: new Cron("0 * * * *") }, () => "ran");

app.function("fails", { schedule: new Cron("30 * * * *") }, () => {
  throw new RangeError("the disk is full");
});
