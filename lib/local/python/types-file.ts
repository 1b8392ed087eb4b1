import { basename, dirname, join } from "node:path";

/** Where types of an app's Python functions are: `app.python.d.ts` beside `app.ts`. */
export function typesFileOf(appFile: string): string {
  const name = basename(appFile).replace(/\.[cm]?[jt]sx?$/, "");
  return join(dirname(appFile), `${name}.python.d.ts`);
}
