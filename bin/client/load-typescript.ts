import { createRequire } from "node:module";
import { join } from "node:path";
import type ts from "typescript";
import { ExecutionError } from "../../lib/errors.ts";

/** The compiler's API, of whatever version the user's project has. */
export type TypeScript = typeof ts;

/** Loads the compiler of a project. @throws ExecutionError where there is none, or one without an API */
export function loadTypeScript(root: string): TypeScript {
  const require = createRequire(join(root, "package.json"));
  const found = load(require);
  if (typeof found.createProgram === "function") return found;
  throw new ExecutionError(
    "WINDLASS_TYPESCRIPT_API",
    `windlass client reads types by the compiler's API, which TypeScript ${found.version} of this project does not have`,
    { hint: "install TypeScript 6 here: `npm install --save-dev typescript@6`" },
  );
}

function load(require: NodeJS.Require): TypeScript {
  try {
    return require("typescript") as TypeScript; // Looked at by whoever calls this.
  } catch (cause) {
    throw new ExecutionError(
      "WINDLASS_TYPESCRIPT_MISSING",
      "windlass client reads types by the compiler of your project, which has no package `typescript`",
      { cause, hint: "install it: `npm install --save-dev typescript@6`" },
    );
  }
}
