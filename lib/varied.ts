import type { Target } from "./backend.ts";
import {
  checkBatchOptions,
  checkConcurrencyOptions,
  checkVariant,
} from "./options/check-variant.ts";
import type {
  BatchOptions,
  ConcurrencyOptions,
  VariantOptions,
} from "./options/function-options.ts";
import { toGpus } from "./options/gpu.ts";
import { toResource } from "./options/resource.ts";
import { toConcurrency, toRetries } from "./resolve-options.ts";
import { toMountSpecs } from "./storage/mount.ts";
import { addVariant, type Variant } from "./variant.ts";

/** Variants of a handle that are kept, so that those with the same options share their open calls. */
const MAX_KNOWN = 1000;

/** A function or class that can be had with other options than its definition's. */
export interface Varied<Self> {
  /**
   * The same with these options, in containers of its own. Further calls add to them, the later ones win; variables are
   * added to those there are, volumes replace them. Nothing can be unset, and `minContainers` is 0.
   * @example const large = resize.withOptions({ memoryMiB: 8192, timeoutSeconds: 3600 });
   * @throws InvalidError naming every mistake
   */
  withOptions(options: VariantOptions): Self;

  /**
   * The same with so many inputs at a time in a container, in containers of its own; otherwise as `withOptions`.
   * @throws InvalidError naming every mistake
   */
  withConcurrency(options: ConcurrencyOptions): Self;
}

/** One that takes batches can be had with others. */
export interface BatchVaried<Self> extends Varied<Self> {
  /**
   * The same with batches of another size or wait, in containers of its own; otherwise as `withOptions`.
   * @throws InvalidError naming every mistake; its calls, where the definition has no `batch`
   */
  withBatching(options: BatchOptions): Self;
}

/** Makes the variants of one handle, each once. */
export class Variants<Handle> implements BatchVaried<Handle> {
  readonly #target: Target;
  readonly #subject: string;
  readonly #create: (target: Target) => Handle;
  readonly #known: Map<string, Handle> = new Map();

  /** @param target - Of the function or class, without method and parameters. */
  constructor(target: Target, subject: string, create: (target: Target) => Handle) {
    this.#target = target;
    this.#subject = subject;
    this.#create = create;
  }

  withOptions(options: VariantOptions): Handle {
    checkVariant(`withOptions() of ${this.#subject}`, options);
    return this.#with(toVariant(options));
  }

  withConcurrency(options: ConcurrencyOptions): Handle {
    checkConcurrencyOptions(`withConcurrency() of ${this.#subject}`, options);
    return this.#with({ concurrency: toConcurrency(options) });
  }

  withBatching(options: BatchOptions): Handle {
    checkBatchOptions(`withBatching() of ${this.#subject}`, options);
    return this.#with({ batch: { maxSize: options.maxSize, waitMs: options.waitMs } });
  }

  #with(added: Variant): Handle {
    const variant = addVariant(this.#target.variant, added);
    const known = this.#known.get(variant);
    if (known !== undefined) return known;
    const handle = this.#create(varied(this.#target, variant));
    if (this.#known.size === MAX_KNOWN) this.#known.delete(this.#known.keys().next().value ?? "");
    this.#known.set(variant, handle);
    return handle;
  }
}

function varied(target: Target, variant: string): Target {
  return {
    // Read at each call: the app may be included after its functions are defined.
    get app() {
      return target.app;
    },
    name: target.name,
    get backend() {
      return target.backend;
    },
    variant,
  };
}

function toVariant(options: VariantOptions): Variant {
  const { gpu, cpu, memoryMiB, env, volumes, retries, ...others } = options;
  const numbers = Object.entries(others).filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(numbers),
    ...(gpu !== undefined && { gpu: toGpus(gpu) }),
    // The defaults are not used: both are given.
    ...(cpu !== undefined && { cpu: toResource(cpu, 0) }),
    ...(memoryMiB !== undefined && { memoryMiB: toResource(memoryMiB, 0) }),
    ...(env !== undefined && { env }),
    ...(volumes !== undefined && { volumes: toMountSpecs(volumes) }),
    ...(retries !== undefined && { retries: toRetries(retries) }),
  };
}
