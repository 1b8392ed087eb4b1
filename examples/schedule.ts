// npx windlass schedule list examples/schedule.ts
// npx windlass schedule run examples/schedule.ts report
import { App, Cron, Dict, Period } from "windlass";

export const app = new App("schedule");

const visits = Dict.fromName("visits", { createIfMissing: true });

/** Every five minutes, counted from its deployment. */
export const poll = app.function("poll", { schedule: new Period({ minutes: 5 }) }, async () => {
  await visits.put(new Date().toISOString(), 1);
});

/** At nine on working days in Rome, in summer and in winter. */
export const report = app.function(
  "report",
  {
    schedule: new Cron("0 9 * * 1-5", { timezone: "Europe/Rome", overlap: "queue" }),
    retries: 2,
  },
  async () => `${await visits.len()} visits`,
);
