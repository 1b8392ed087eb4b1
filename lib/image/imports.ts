import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type { Place } from "../call-site.ts";
import { ExecutionError } from "../errors.ts";

/** A module, or where it is not there something that says so when it is used. */
export async function importWhereItIs<Module extends object>(
  name: string,
  place: Place | undefined,
): Promise<Module> {
  try {
    return await load<Module>(name, place);
  } catch (cause) {
    return absent<Module>(name, cause);
  }
}

async function load<Module>(name: string, place: Place | undefined): Promise<Module> {
  try {
    return (await import(name)) as Module; // In a bundle: of the packages beside it.
  } catch (error) {
    if (place === undefined || !isMissing(error)) throw error;
    const file = createRequire(place.file).resolve(name);
    return (await import(pathToFileURL(file).href)) as Module;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
}

function absent<Module extends object>(name: string, cause: unknown): Module {
  const refuse = (): never => {
    throw new ExecutionError(
      "WINDLASS_IMPORT_NOT_HERE",
      `"${name}" is used where it cannot be imported`,
      { cause, hint: "use it in functions whose image installs it" },
    );
  };
  return new Proxy(Object.create(null) as Module, {
    // A promise that resolves to this asks whether it is one.
    get: (_, key) => (key === "then" ? undefined : refuse()),
    has: refuse,
    ownKeys: refuse,
  });
}
