import { InvalidError } from "../errors.ts";
import { throwViolations } from "../options/violation.ts";
import type { Base } from "./base.ts";
import { toBuildSecrets } from "./build-secrets.ts";
import { checkLength } from "./checks.ts";
import type { Step } from "./layer.ts";
import type { RunContext } from "./quote.ts";
import { type ResolvedImage, resolveBase, resolveStep } from "./resolved.ts";
import type { BuildStepOptions } from "./step-options.ts";

/** What comes before a step. */
export interface Before {
  readonly commands: readonly string[];
  /** The tag that the image builds on. */
  readonly base: string;
}

/** Writes a step, where images are built. */
export type WriteStep = (before: Before) => Step;

/** A method of `Image`. */
export type Method = (...args: never[]) => unknown;

export interface Adding {
  readonly method: Method;
  /** What the step changes of what is known of the image. @default - nothing */
  readonly change?: Partial<Base> | undefined;
  /** It reads files, which containers do not have: it is not written before images are built. @default false */
  readonly readsFiles?: boolean;
  /** What it runs with. @default - nothing */
  readonly context?: RunContext;
}

interface Previous {
  readonly chain: Chain;
  readonly write: WriteStep;
  readonly method: string;
}

const NOTHING: Before = { commands: [], base: "scratch" };

/** A base and the steps on it: written on use, since files of the user's machine are part of them. */
export class Chain {
  readonly base: Base;
  readonly #previous: Previous | undefined;
  /** Secrets in code that its steps have. */
  readonly #inlineSecrets: number;
  #resolved: ResolvedImage | undefined;

  constructor(base: Base, inlineSecrets = 0, previous?: Previous) {
    this.base = base;
    this.#previous = previous;
    this.#inlineSecrets = inlineSecrets;
  }

  /** All of it. @throws WindlassError when files that it copies are not there */
  resolve(): ResolvedImage {
    this.#resolved ??=
      this.#previous === undefined
        ? resolveBase(this.base)
        : resolveStep(this.#previous.chain.resolve(), this.#previous, this.base.architecture);
    return this.#resolved;
  }

  /** One step more. @throws InvalidError for a step that is too long, or one after files that come last */
  add(write: WriteStep, { method, change, readsFiles = false, context }: Adding): Chain {
    this.#checkNotLast(method);
    const written = readsFiles ? undefined : write(NOTHING);
    const subject = `${method.name}()`;
    throwViolations(subject, checkLength(written?.commands ?? [], subject), method);
    const secrets = context?.secrets?.filter(({ name }) => name === undefined).length ?? 0;
    // Packages of Debian and commands can bring a Python.
    const mayGetPython =
      this.base.mayGetPython ||
      ["apt", "run", "dockerfile"].includes(written?.kind ?? "dockerfile");
    return new Chain({ ...this.base, mayGetPython, ...change }, this.#inlineSecrets + secrets, {
      chain: this,
      write,
      method: method.name,
    });
  }

  /** Files: they come last, or are a layer if they are copied. */
  attach(
    write: WriteStep,
    { method, copy = false }: { readonly method: Method; readonly copy?: boolean | undefined },
  ): Chain {
    if (copy) return this.add(write, { method, readsFiles: true });
    const base = { ...this.base, attachedBy: method.name };
    return new Chain(base, this.#inlineSecrets, { chain: this, write, method: method.name });
  }

  /** How a step with these options runs. */
  context({ secrets, env, forceBuild }: BuildStepOptions): RunContext {
    return {
      secrets: toBuildSecrets(secrets, this.#inlineSecrets),
      env,
      isForced: forceBuild,
    };
  }

  #checkNotLast(method: Method): void {
    const { attachedBy } = this.base;
    if (attachedBy === undefined) return;
    const error = new InvalidError(
      "WINDLASS_IMAGE_STEP_AFTER_FILES",
      `${method.name}() cannot follow ${attachedBy}(), whose files come after all steps so that a change of them builds nothing else again`,
      {
        hint: `call ${attachedBy}() last, or with \`{ copy: true }\`, which makes the files a layer for the steps after it`,
      },
    );
    Error.captureStackTrace(error, method);
    throw error;
  }
}
