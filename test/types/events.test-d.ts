import { describe, expectTypeOf, it } from "vitest";
import { App, type CallFailedEvent, type WindlassEvents } from "windlass";

const app = new App("watched");

describe("app.on", () => {
  it("types the event by its name", () => {
    app.on("call.failed", (event) => {
      expectTypeOf(event).toEqualTypeOf<CallFailedEvent>();
      expectTypeOf(event.error.message).toBeString();
    });
    app.on("offer.exhausted", ({ codes }) => {
      expectTypeOf(codes).toEqualTypeOf<readonly string[]>();
    });
  });

  it("takes a function that can be called with the event", () => {
    const alarm = app.function("alarm", (event: CallFailedEvent) => event.function);
    app.on("call.failed", alarm);
    // @ts-expect-error an event of another name has no error
    app.on("call.completed", alarm);
    const other = app.function("other", (url: string) => url);
    // @ts-expect-error it takes a text
    app.on("call.failed", other);
  });

  it("takes a function in Python", () => {
    const alarm = app.python<(event: CallFailedEvent) => null>("py", { handler: "a.py:alarm" });
    app.on("call.failed", alarm);
  });

  it("knows no other events", () => {
    // @ts-expect-error there is no such event
    app.on("call.started", () => {});
    expectTypeOf<keyof WindlassEvents>().toExtend<string>();
  });
});
