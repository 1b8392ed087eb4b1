import { InvalidError, WindlassError } from "../lib/errors.ts";

/** The command line is wrong: the program ends with exit code 2. */
export class UsageError extends InvalidError {
  /** One line for each mistake; printed below the message. */
  readonly place: string | undefined;

  constructor(
    code: string,
    message: string,
    options: { hint?: string | undefined; problems?: readonly string[] } = {},
  ) {
    super(code, message, { hint: options.hint });
    this.place = options.problems?.join("\n");
  }
}

/** Carries what user code threw while this program ran it, as its cause. */
export class UserCodeError extends WindlassError {
  constructor(cause: unknown) {
    super("WINDLASS_USER_CODE", "the app threw an exception", { cause });
  }
}

/** Runs user code so that what it throws is told from mistakes of this program. */
export async function runUserCode<Output>(run: () => Output): Promise<Awaited<Output>> {
  try {
    return await run();
  } catch (error) {
    throw new UserCodeError(error);
  }
}
