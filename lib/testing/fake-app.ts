import { App } from "../app.ts";
import type { AnyHandler } from "../handler.ts";
import type { AnyClsHandle, AnyFunctionHandle, FakeOf } from "./handle-types.ts";

/** Fakes of what a module exports, by name; `any` of them where no module is named. */
export interface Fakes<Module> {
  /** @default {} */
  readonly functions?: {
    readonly [Name in keyof Module as Module[Name] extends AnyFunctionHandle
      ? Name
      : never]?: FakeOf<Module[Name]>;
  };
  /** What makes what stands for objects of a class. @default {} */
  readonly classes?: {
    readonly [Name in keyof Module as Module[Name] extends AnyClsHandle ? Name : never]?: FakeOf<
      Module[Name]
    >;
  };
}

/**
 * An app of fakes, for programs that call one that is deployed: by a client that `windlass client` wrote, by `connect`,
 * or by `DeployedFunction` and `DeployedCls`.
 * @example
 * await using media = await testApp(fakeApp<typeof client>("media", { functions: { resize: async () => "done" } }));
 * @throws InvalidError for a name that no app, function or class can have
 */
export function fakeApp<Module>(name: string, fakes: Fakes<Module>): App {
  const app = new App(name);
  for (const [name, fake] of Object.entries(fakes.functions ?? {})) {
    app.function(name, fake as AnyHandler); // By FakeOf.
  }
  for (const [name, fake] of Object.entries(fakes.classes ?? {})) {
    app.cls(name, toClass(fake as (...params: readonly unknown[]) => object)); // By FakeOf.
  }
  return app;
}

/** A class whose objects are those that the fake makes. */
function toClass(fake: (...params: readonly unknown[]) => object): new (params: never) => object {
  return class Fake {
    constructor(...params: readonly unknown[]) {
      // biome-ignore lint/correctness/noConstructorReturn: what the fake makes is the object.
      return fake(...params) as Fake; // Nobody calls a method of this class.
    }
    /** A class needs a method to be defined; which there are, the fake knows. */
    method(): void {}
  };
}
