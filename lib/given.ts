import type { AnyContainerOptions } from "./options/function-options.ts";
import type { Violation } from "./options/violation.ts";

/** What a user gave to `app.function`, `app.cls` or `app.entrypoint`: nothing of it is certain. */
export interface Given {
  readonly name: unknown;
  readonly options: unknown;
  /** The handler or class. */
  readonly body: unknown;
  readonly file: string | undefined;
}

/** A definition, or the mistakes in it. */
export interface Reading<Kind> {
  readonly definition: Kind;
  readonly violations: readonly Violation[];
}

/** Options of the App that its functions and classes have, unless they have their own. */
export type Defaults = Pick<AnyContainerOptions, "env" | "image" | "secrets" | "volumes">;

/** The options with those of the App where they have none of their own. */
export function withDefaults<Options extends AnyContainerOptions>(
  options: Options,
  defaults: Defaults,
): Options {
  const image = options?.image ?? defaults.image;
  const secrets = [...(defaults.secrets ?? []), ...(options?.secrets ?? [])];
  return Object.freeze({
    ...options,
    ...(image !== undefined && { image }),
    env: Object.freeze({ ...defaults.env, ...options?.env }),
    ...(secrets.length > 0 && { secrets: Object.freeze(secrets) }),
    ...(options?.volumes !== undefined || defaults.volumes !== undefined
      ? { volumes: Object.freeze({ ...defaults.volumes, ...options?.volumes }) }
      : {}),
  });
}
