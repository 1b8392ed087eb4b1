import { beforeEach, expect, it } from "vitest";
import { BusSink, type EventBus } from "../../lib/aws/event-bus.ts";
import type { WindlassEvent } from "../../lib/events.ts";

function event(startMs: number): WindlassEvent {
  return {
    ...{ version: 1, name: "container.started", at: "2026-11-28T22:30:05.123Z", deployment: 1 },
    ...{ environment: "test", app: "media", function: "resize", containerId: "ct-1", startMs },
  };
}

let puts: number[][];
let due: (() => void)[];
let dropped: string[];
/** What the bus does with each request. */
let answer: () => Promise<number>;
let sink: BusSink;

beforeEach(() => {
  puts = [];
  due = [];
  dropped = [];
  answer = async () => 0;
  const bus: EventBus = {
    put(events) {
      puts.push(events.map((one) => (one.name === "container.started" ? one.startMs : -1)));
      return answer();
    },
  };
  sink = new BusSink({
    bus,
    after: (_ms, run) => due.push(run),
    onDropped: (count, reason) => dropped.push(`${count}: ${String(reason)}`),
  });
});

it("gathers events for a second, and sends them together", async () => {
  for (const n of [1, 2, 3]) sink.emit(event(n));
  expect({ puts, timers: due.length }).toEqual({ puts: [], timers: 1 });

  due[0]?.();
  await sink.flush();

  expect(puts).toEqual([[1, 2, 3]]);
});

it("sends ten at once, which is what EventBridge takes, and the rest after them", async () => {
  for (let n = 1; n <= 12; n += 1) sink.emit(event(n));
  await sink.flush();

  expect(puts).toEqual([
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    [11, 12],
  ]);
});

it("counts what the bus refuses and what never reaches it, and goes on", async () => {
  answer = async () => 1;
  sink.emit(event(1));
  await sink.flush();
  answer = () => Promise.reject(new RangeError("no bus"));
  sink.emit(event(2));
  await sink.flush();
  answer = async () => 0;
  sink.emit(event(3));
  await sink.flush();

  expect(puts).toEqual([[1], [2], [3]]);
  expect(dropped).toEqual(["1: the bus refused them", "2: RangeError: no bus"]);
  expect(sink.dropped).toBe(2);
});

it("keeps no more than a thousand while the bus does not answer", async () => {
  let release = (): void => {};
  answer = () =>
    new Promise((resolve) => {
      release = () => resolve(0);
    });
  for (let n = 0; n < 1020; n += 1) sink.emit(event(n));

  expect(sink.dropped).toBe(10);
  expect(puts).toHaveLength(1);
  answer = async () => 0;
  release();
  await sink.flush();
  expect(puts.flat()).toHaveLength(1010);
});
