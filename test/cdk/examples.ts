import { readdirSync } from "node:fs";
import { join } from "node:path";
import { App } from "windlass";

const FOLDER = join(import.meta.dirname, "../../examples");

/** Names of all examples. */
export const EXAMPLES: readonly string[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -".ts".length));

/** The app that an example exports. */
export async function exampleApp(example: string): Promise<App> {
  const exported: object = await import(join(FOLDER, `${example}.ts`));
  const app = Object.values(exported).find((value) => value instanceof App);
  if (app === undefined) throw new RangeError(`${example} exports no App`);
  return app;
}
