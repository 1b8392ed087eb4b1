import { describe, expect, it } from "vitest";
import { App, resolveSpec } from "windlass";
import { mistake } from "./mistake.ts";

const handler = (): number => 1;

/** What functions of an app tell of, and what they hear. */
function eventsOf(define: (app: App) => void): Record<string, object> {
  const app = new App("media");
  define(app);
  return Object.fromEntries(
    resolveSpec(app).functions.map(({ name, events, on }) => [name, { ...events, on }]),
  );
}

describe("events of a function", () => {
  it("are all but completed calls, unless its options say more, less or a share", () => {
    const events = eventsOf((app) => {
      app.function("plain", handler);
      app.function("all", { events: "all" }, handler);
      app.function("none", { events: "off" }, handler);
      app.function("some", { events: { sampleRate: 0.01 } }, handler);
    });

    expect(events).toEqual({
      plain: { failures: true, completedRate: 0, on: [] },
      all: { failures: true, completedRate: 1, on: [] },
      none: { failures: false, completedRate: 0, on: [] },
      some: { failures: true, completedRate: 0.01, on: [] },
    });
  });

  it("are completed calls too in an app that hears of those", () => {
    const events = eventsOf((app) => {
      app.function("plain", handler);
      app.function("none", { events: "off" }, handler);
      app.on("call.completed", () => {});
    });

    expect(events).toMatchObject({
      ...{ plain: { completedRate: 1 }, none: { completedRate: 0 } },
      "on-call-completed": { failures: false, completedRate: 0, on: ["call.completed"] },
    });
  });

  it("are none of a function that hears of events, whichever", () => {
    const events = eventsOf((app) => {
      const alarm = app.function("alarm", { events: "all" }, (_event: object) => {});
      app.on("offer.exhausted", alarm).on("call.failed", alarm).on("call.failed", alarm);
    });

    const on = ["call.failed", "offer.exhausted"];
    expect(events["alarm"]).toEqual({ failures: false, completedRate: 0, on });
  });
});

describe("mistakes", () => {
  it("of the option name what it may be", () => {
    const app = new App("media");
    const events = { sampleRate: 2 };

    expect(mistake(() => app.function("a", { events }, handler))).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_INVALID_EVENTS
      \`events\` of function "a" must be "off", "failures", "all" or { sampleRate } from 0 to 1, got {"sampleRate":2}
      hint: leave it out for "failures": all events but completed calls"
    `);
  });

  it("of a name list the events", () => {
    const app = new App("media");

    expect(mistake(() => app.on("call.started" as "call.failed", () => {}))).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_UNKNOWN_EVENT
      on() of app "media" takes the name of an event, got "call.started"
      hint: events are "call.completed", "call.failed", "container.started", "container.stopped", "deployment.finished", "offer.exhausted""
    `);
  });

  it("of a target say what it may be", () => {
    const app = new App("media");
    const other = new App("other").function("alarm", (_event: object) => {});

    expect(mistake(() => app.on("call.failed", other))).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_NOT_A_LISTENER
      on() of app "media" takes a handler or a function of this app, got {"name":"alarm"}
      hint: pass what \`app.function(…)\` of this app returned, or an \`async (event) => { … }\`"
    `);
    // As JavaScript may call it.
    const nothing = undefined as unknown as typeof other;
    expect(mistake(() => app.on("call.failed", nothing))).toMatch("got undefined");
  });

  it("of two handlers of one event are those of two functions of one name", () => {
    const app = new App("media").on("call.failed", () => {});

    expect(mistake(() => app.on("call.failed", () => {}))).toMatch("on-call-failed");
  });
});
