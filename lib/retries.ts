import { checkKnown } from "./options/known.ts";
import { checkNumber, type NumberRule } from "./options/numbers.ts";
import { throwViolations, type Violation } from "./options/violation.ts";

export interface RetriesOptions {
  /** Attempts after the first one, 0 to 10. */
  readonly maxRetries: number;
  /** The delay grows by this factor with every retry, 1 to 10. @default 2 */
  readonly backoffCoefficient?: number | undefined;
  /** Delay before the first retry, 0 to 60 seconds. @default 1 */
  readonly initialDelaySeconds?: number | undefined;
  /** No delay is longer than this, 1 to 60 seconds. @default 60 */
  readonly maxDelaySeconds?: number | undefined;
}

const BRAND: symbol = Symbol.for("windlass.retries");

const RULES: Readonly<Record<keyof RetriesOptions, NumberRule>> = {
  maxRetries: {
    code: "WINDLASS_INVALID_MAX_RETRIES",
    min: 0,
    max: 10,
    whole: true,
    hint: "write how often to try again, for instance `maxRetries: 3`",
  },
  backoffCoefficient: {
    code: "WINDLASS_INVALID_BACKOFF_COEFFICIENT",
    min: 1,
    max: 10,
    hint: "leave it out for 2",
  },
  initialDelaySeconds: {
    code: "WINDLASS_INVALID_INITIAL_DELAY",
    min: 0,
    max: 60,
    hint: "leave it out for 1",
  },
  maxDelaySeconds: {
    code: "WINDLASS_INVALID_MAX_DELAY",
    min: 1,
    max: 60,
    hint: "leave it out for 60",
  },
};

/**
 * When a failed input is tried again: on exceptions of user code and on timeouts. A container that crashes does not
 * use up retries.
 * @example app.function("fetch", { retries: new Retries({ maxRetries: 3 }) }, async (url: string) => { … })
 */
export class Retries {
  readonly maxRetries: number;
  readonly backoffCoefficient: number;
  readonly initialDelaySeconds: number;
  readonly maxDelaySeconds: number;

  /** @throws InvalidError naming every option out of range */
  constructor(options: RetriesOptions) {
    throwViolations("Retries", check(options), Retries);
    this.maxRetries = options.maxRetries;
    this.backoffCoefficient = options.backoffCoefficient ?? 2;
    this.initialDelaySeconds = options.initialDelaySeconds ?? 1;
    this.maxDelaySeconds = options.maxDelaySeconds ?? 60;
    Object.freeze(this);
  }
}
Object.defineProperty(Retries.prototype, BRAND, { value: true });

/** True for a Retries of this copy of the package or another. */
export function isRetries(value: unknown): value is Retries {
  return typeof value === "object" && value !== null && BRAND in value;
}

function check(options: unknown): Violation[] {
  const known = checkKnown(options, { subject: "Retries", names: Object.keys(RULES) });
  if (known.values === undefined) return known.violations;
  const { values, violations } = known;
  for (const [name, rule] of Object.entries(RULES)) {
    const value = values[name];
    if (value === undefined && name !== "maxRetries") continue;
    violations.push(...checkNumber(value, rule, `\`${name}\` of Retries`));
  }
  return violations;
}
