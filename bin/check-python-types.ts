import { existsSync } from "node:fs";
import type { App } from "../lib/app.ts";
import { typesFileOf } from "../lib/local/python/types-file.ts";

/** Fails where types that `windlass types` wrote are no longer those of the Python files. @throws InvalidError */
export async function checkPythonTypes(app: App, file: string): Promise<void> {
  if (!existsSync(typesFileOf(file))) return;
  const { checkHandlerTypes, readHandlerTypes } = await import(
    "../lib/local/python/handler-types.ts"
  );
  checkHandlerTypes(file, await readHandlerTypes(app));
}
