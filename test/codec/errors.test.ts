import { describe, expect, it } from "vitest";
import { isWindlassError, NonRetriableError, TimeoutError } from "../../lib/errors.ts";
import { roundTrip } from "./round-trip.ts";

describe("an error", () => {
  it("of a class of the user keeps its name, which logs do not show as a field", () => {
    class PaymentError extends Error {
      override readonly name = "PaymentError";
      readonly amount = 5;
    }

    const sent = roundTrip(new PaymentError("declined"));

    expect(sent.constructor).toBe(Error);
    expect(String(sent)).toBe("PaymentError: declined");
    expect(Object.keys(sent)).toEqual(["amount"]);
    expect(sent.amount).toBe(5);
  });

  it("of Windlass keeps its class, code and hint", () => {
    const sent = roundTrip(new NonRetriableError("no", { hint: "give up", cause: 3 }));

    expect(sent).toBeInstanceOf(NonRetriableError);
    expect(isWindlassError(sent)).toBe(true);
    expect(sent).toMatchObject({ code: "WINDLASS_NON_RETRIABLE", hint: "give up", cause: 3 });
    expect(Object.keys(sent)).toEqual(["code", "hint"]);
  });

  it("that only has the name of a class of Windlass is not taken for one", () => {
    const named = Object.assign(new Error("slow"), { name: "TimeoutError", code: "ETIMEDOUT" });

    const sent = roundTrip(named);

    expect(sent).not.toBeInstanceOf(TimeoutError);
    expect(isWindlassError(sent)).toBe(false);
    expect(sent).toMatchObject({ name: "TimeoutError", code: "ETIMEDOUT" });
  });

  it("of an aborted signal keeps its name and message", () => {
    const sent = roundTrip(AbortSignal.abort().reason);

    expect(sent).toBeInstanceOf(Error);
    expect(String(sent)).toBe("AbortError: This operation was aborted");
  });

  it("that aggregates errors keeps them, hidden as the language hides them", () => {
    const sent = roundTrip(new AggregateError([new TypeError("a"), 2, () => {}], "all"));

    expect(sent).toBeInstanceOf(AggregateError);
    expect(sent.errors).toEqual([new TypeError("a"), 2]);
    expect(Object.keys(sent)).toEqual([]);
  });

  it("keeps a field named errors", () => {
    const sent = roundTrip(Object.assign(new Error("invalid"), { errors: [{ path: "a" }] }));

    expect(Object.entries(sent)).toEqual([["errors", [{ path: "a" }]]]);
  });

  it("keeps a chain of causes, an undefined one too", () => {
    const inner = new RangeError("inner", { cause: undefined });

    const sent = roundTrip(new Error("outer", { cause: inner }));

    expect(sent.cause).toBeInstanceOf(RangeError);
    expect(Object.hasOwn(sent.cause as Error, "cause")).toBe(true);
    expect(Object.hasOwn(roundTrip(new Error("no cause")), "cause")).toBe(false);
  });

  it("loses the fields that cannot be sent and keeps the others", () => {
    const error = Object.assign(new Error("http", { cause: () => {} }), {
      status: 503,
      request: { bytes: new Uint8Array(1), send: () => {} },
      body: new Uint8Array([7]),
    });
    Object.defineProperty(error, "trap", {
      enumerable: true,
      get: () => {
        throw new TypeError("trapped");
      },
    });

    const sent = roundTrip({ error, after: new Uint8Array([8]) });

    expect({ ...sent.error }).toStrictEqual({ status: 503, body: new Uint8Array([7]) });
    expect(Object.hasOwn(sent.error, "cause")).toBe(false);
    expect(sent.after).toStrictEqual(new Uint8Array([8]));
  });

  it("that is its own cause loses that cause", () => {
    const error = new Error("loop");
    error.cause = Object.assign(new Error("inner"), { back: error, again: error });

    const sent = roundTrip(error);

    expect({ ...(sent.cause as Error) }).toEqual({});
  });

  it("with a changed message, name or stack is sent as it is now", () => {
    const error = new Error("before");
    error.message = "after";
    error.stack = "stack of my own";

    expect(roundTrip(error)).toMatchObject({ message: "after", stack: "stack of my own" });
  });

  it("with fields that are not text where text belongs is still sent", () => {
    const error = new Error("x");
    Object.assign(error, { name: 5, message: { a: 1 }, stack: undefined });

    expect(roundTrip(error)).toMatchObject({ name: "Error", message: "", stack: "Error: " });
  });

  it("with a field named as a getter of its class keeps the field", () => {
    class Coded extends Error {
      get status(): number {
        return 1;
      }
    }
    const error = Object.defineProperty(new Coded("x"), "status", { value: 2, enumerable: true });

    expect(roundTrip(error).status).toBe(2);
  });
});
