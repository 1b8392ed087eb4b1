import { type DeployedOptions, knowErrorsOf } from "./connect-options.ts";
import { deployedTarget } from "./connection.ts";
import { openClsHandle, toFunction } from "./deployed.ts";

/** Where the app of a client is, and what of it this program has. */
export interface ClientOptions extends DeployedOptions {
  /** The name that it is deployed under. @default - WINDLASS_APP_<NAME>, else the name in its module */
  readonly app?: string | undefined;
}

/** What an app has, by the name that the client gives it. */
export type ClientNames = Readonly<
  Record<string, readonly [kind: "function" | "cls", name: string]>
>;

/**
 * Makes clients of an app: what `windlass client` writes calls it, and types it.
 * @param app - the name in its module
 */
export function clientOf(
  app: string,
  names: ClientNames,
): (options?: ClientOptions) => Readonly<Record<string, unknown>> {
  const create = ({ app: deployedAs, ...options }: ClientOptions = {}) => {
    knowErrorsOf(app, options, create);
    const name = deployedAs === undefined ? (): string => nameOf(app) : deployedAs;
    const entries = Object.entries(names).map(([key, [kind, own]]) => {
      const target = deployedTarget(name, own, options);
      return [key, kind === "cls" ? openClsHandle(target) : toFunction(target)];
    });
    return Object.fromEntries(entries);
  };
  return create;
}

/** Read with each call: a program may set it after it has loaded the client. */
function nameOf(app: string): string {
  const variable = `WINDLASS_APP_${app.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`;
  return process.env[variable] ?? app;
}
