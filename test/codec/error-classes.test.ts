import { describe, expect, it } from "vitest";
import { knowErrors } from "../../lib/error-classes.ts";
import { NonRetriableError, TimeoutError, WindlassError } from "../../lib/errors.ts";
import { knowExportedErrors } from "../../lib/module-exports.ts";
import { roundTrip } from "./round-trip.ts";

describe("an error of a class that is known", () => {
  it("is an instance of it, made without its constructor", () => {
    class KnownError extends Error {
      readonly limit: number;
      constructor(limit: number) {
        super(`no more than ${limit.toFixed()}`, { cause: new RangeError("why") });
        this.limit = limit;
      }
      get half(): number {
        return this.limit / 2;
      }
    }
    knowErrors("app", { KnownError });
    const thrown = new KnownError(4);

    const sent = roundTrip(thrown);

    expect(sent).toBeInstanceOf(KnownError);
    expect(sent.constructor).toBe(KnownError);
    expect(sent).toMatchObject({ message: "no more than 4", limit: 4, half: 2 });
    expect(sent.cause).toBeInstanceOf(RangeError);
    expect(sent.stack).toBe(thrown.stack);
    expect(Object.keys(sent)).toEqual(["limit"]);
    expect(sent.name).toBe("Error");
  });

  it("may have a name of its own, or that of the class that it extends", () => {
    class BaseError extends Error {
      override name = "BaseError";
    }
    class LeafError extends BaseError {}
    class WordsError extends Error {
      override name = "in words";
    }
    knowErrors("app", { BaseError, LeafError, WordsError });

    expect(roundTrip(new LeafError("x"))).toBeInstanceOf(LeafError);
    expect(roundTrip(new BaseError("x"))).not.toBeInstanceOf(LeafError);
    expect(roundTrip(new WordsError("x"))).toBeInstanceOf(WordsError);
    expect(String(roundTrip(new WordsError("x")))).toBe("in words: x");
  });

  it("is one within values, causes and aggregates", () => {
    class PartError extends Error {}
    knowErrors("app", { PartError });
    const all = new AggregateError([new PartError("a")], "all", { cause: new PartError("b") });

    const sent = roundTrip({ all });

    expect(sent.all.errors).toEqual([expect.any(PartError)]);
    expect(sent.all.cause).toBeInstanceOf(PartError);
  });

  it("is found by the name that the class was given, whatever a bundler made of its own", () => {
    const renamed = class _ShortError extends Error {};
    knowErrors("app", { ShortError: renamed });

    expect(roundTrip(new renamed("x"))).toBeInstanceOf(renamed);
    const fromPython = Object.assign(new Error("x"), { name: "ShortError" });
    expect(roundTrip(fromPython)).toBeInstanceOf(renamed);
  });

  it("may extend one of Windlass, and no other error is taken for it", () => {
    class DeadlineError extends TimeoutError {}
    knowErrors("app", { DeadlineError });

    const sent = roundTrip(new DeadlineError("APP_LATE", "late"));

    expect(sent).toBeInstanceOf(DeadlineError);
    expect(sent.code).toBe("APP_LATE");
    const named = Object.assign(new Error("x"), { name: "DeadlineError" });
    expect(roundTrip(named)).not.toBeInstanceOf(DeadlineError);
  });

  it("arrives where a getter needs what only its constructor makes", () => {
    class SecretiveError extends Error {
      readonly #secret = "own";
      override get name(): string {
        return this.#secret;
      }
    }
    knowErrors("app", { SecretiveError });

    const sent = roundTrip(new SecretiveError("x"));

    expect(sent).toBeInstanceOf(SecretiveError);
    expect(String(sent)).toBe("own: x");
  });
});

describe("an error of a class that is not known", () => {
  it("has the name of its class, and is still what that extends", () => {
    class StrangeError extends TypeError {}
    class OddError extends NonRetriableError {}

    const sent = [roundTrip(new StrangeError("x")), roundTrip(new OddError("y"))];

    expect(sent.map(String)).toEqual(["StrangeError: x", "OddError: y"]);
    expect(sent[0]).toBeInstanceOf(TypeError);
    expect(sent[1]).toBeInstanceOf(NonRetriableError);
  });

  it("is one of several classes with that name, and of none of them", () => {
    const first = class TwiceError extends Error {};
    const second = class TwiceError extends Error {};
    knowErrors("app", { TwiceError: first });
    knowErrors("other", { TwiceError: second });

    expect(roundTrip(new first("x")).constructor).toBe(Error);
    expect(String(roundTrip(new second("x")))).toBe("TwiceError: x");
  });

  it("does not stay so when its module is evaluated again", () => {
    const first = class AgainError extends Error {};
    const second = class AgainError extends Error {};
    knowErrors("app", { AgainError: first });
    knowErrors("app", { AgainError: second });

    expect(roundTrip(new first("x"))).toBeInstanceOf(second);
  });

  it("of Windlass or the language stays of that class", () => {
    class FakeTimeoutError extends Error {}
    knowErrors("app", { TimeoutError: FakeTimeoutError });
    knowExportedErrors("app", { TypeError: class extends Error {} });

    const sent = roundTrip(new TimeoutError("WINDLASS_LATE", "late"));

    expect(sent).toBeInstanceOf(TimeoutError);
    expect(roundTrip(new WindlassError("WINDLASS_X", "x")).constructor).toBe(WindlassError);
    expect(roundTrip(new TypeError("x")).constructor).toBe(TypeError);
  });
});

describe("the classes that a module exports", () => {
  it("are known by their exports, a default one by its own name", () => {
    const renamed = class _ExportedError extends Error {};
    class MainError extends Error {}
    const exported = { ExportedError: renamed, default: MainError, date: Date, text: "x" };

    knowExportedErrors("exporting", exported);

    const named = (name: string): Error => Object.assign(new Error("x"), { name });
    expect(roundTrip(named("ExportedError"))).toBeInstanceOf(renamed);
    expect(roundTrip(named("MainError"))).toBeInstanceOf(MainError);
    expect(roundTrip(named("date")).constructor).toBe(Error);
  });
});
