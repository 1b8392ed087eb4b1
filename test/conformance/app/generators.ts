import { app } from "./conformance-app.ts";
import { note } from "./note.ts";

const ITEMS = {
  numbers: function* (count: number) {
    for (let i = 0; i < count; i += 1) yield i;
  },
  "fails at the end": function* (count: number) {
    yield* ITEMS.numbers(count);
    throw new RangeError("after the last");
  },
  "cannot be sent": function* () {
    yield { fine: 1 };
    yield { deep: [() => 1] };
  },
};

export const yielding = app.function(
  "yielding",
  { maxContainers: 1 },
  async function* (what: keyof typeof ITEMS, count = 3): AsyncGenerator<unknown> {
    yield* ITEMS[what](count);
  },
);

export const endless = app.function(
  "endless",
  { maxContainers: 1 },
  async function* (page: string) {
    try {
      for (let i = 0; ; i += 1) {
        if (i % 500 === 0) await note(page, `yield ${i}`);
        yield i;
      }
    } finally {
      await note(page, "closed");
    }
  },
);
