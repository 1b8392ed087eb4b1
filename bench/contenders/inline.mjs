// No pool: a loop in this process.
import { serve } from "./driver.mjs";
import { TASKS } from "./tasks.mjs";

let task;

await serve({
  async open(options) {
    task = TASKS[options.task];
  },
  async map(items, check) {
    for (let index = 0; index < items.length; index += 1) check(task(items[index]), index);
  },
});
