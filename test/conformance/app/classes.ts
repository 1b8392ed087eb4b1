import { currentCall, enter, enterSnapshot, exit, isLocal } from "windlass";
import { z } from "zod";
import { app } from "./conformance-app.ts";
import { note } from "./note.ts";

/** Counts in a container of its own for each set of parameters. */
export const Counter = app.cls(
  "Counter",
  { maxContainers: 1 },
  class {
    readonly start: number;
    #count = 0;
    #inHook: { readonly call: unknown; readonly isLocal: boolean } | undefined;

    constructor({ start }: { start: number; other?: number }) {
      this.start = start;
    }
    [enter]() {
      this.#count += this.start;
      this.#inHook = { call: currentCall(), isLocal: isLocal() };
    }
    hookSaw() {
      return this.#inHook;
    }
    increment(by: number) {
      this.#count += by;
      return this.#count;
    }
    container() {
      return process.env["WINDLASS_CONTAINER_ID"];
    }
    *countdown(from: number) {
      for (let i = from; i > 0; i -= 1) yield i;
    }
  },
);

class Base {
  readonly page: string;

  constructor({ page }: { page: string }) {
    this.page = page;
  }
  async [enterSnapshot]() {
    await note(this.page, "base enters its snapshot");
  }
  async [enter]() {
    await note(this.page, "base enters");
  }
  async [exit]() {
    await note(this.page, "base exits");
  }
  whose() {
    return "of the base class";
  }
  inherited() {
    return "inherited";
  }
}

/** Hooks of a class and its base class, in a container that ends soon. */
export const Lifecycle = app.cls(
  "Lifecycle",
  { maxContainers: 1, scaledownWindowSeconds: 2, enableMemorySnapshot: true },
  class extends Base {
    override async [enterSnapshot]() {
      await note(this.page, "derived enters its snapshot");
    }
    override async [enter]() {
      await note(this.page, "derived enters");
    }
    override async [exit]() {
      await note(this.page, "derived exits");
    }
    override whose() {
      return "of the derived class";
    }
    async work() {
      await note(this.page, "works");
    }
  },
);

export const Broken = app.cls(
  "Broken",
  { maxContainers: 1 },
  class {
    [enter]() {
      throw new TypeError("cannot enter");
    }
    run() {
      return 1;
    }
  },
);

export const SlowStart = app.cls(
  "SlowStart",
  { maxContainers: 1, startupTimeoutSeconds: 1 },
  class {
    async [enter]() {
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    }
    run() {
      return 1;
    }
  },
);

/** Enters for longer than an input may take. */
export const SlowEnter = app.cls(
  "SlowEnter",
  { maxContainers: 1, timeoutSeconds: 1, startupTimeoutSeconds: 60 },
  class {
    async [enter]() {
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
    run() {
      return 1;
    }
  },
);

export const Typed = app.cls(
  "Typed",
  {
    maxContainers: 1,
    params: z.object({ size: z.number().int().min(1), name: z.string().default("unnamed") }),
  },
  class {
    readonly size: number;
    readonly name: string;

    constructor({ size, name }: { size: number; name: string }) {
      this.size = size;
      this.name = name;
    }
    describe() {
      return `${this.name} of ${this.size}`;
    }
  },
);
