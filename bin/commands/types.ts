import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import { InvalidError } from "../../lib/errors.ts";
import { checkHandlerTypes, readHandlerTypes } from "../../lib/local/python/handler-types.ts";
import { typesFileOf } from "../../lib/local/python/types-file.ts";
import type { Invocation } from "../command-table.ts";
import { loadApp } from "../load-app.ts";
import { EXIT } from "../report.ts";

/** Writes types of an app's Python functions, or compares those that were written. */
export async function run({ operands: [file = ""], options }: Invocation): Promise<number> {
  const { app } = await loadApp(file);
  const types = await readHandlerTypes(app);
  const { text, handlers, notes } = types;
  if (text === undefined) throw noPython(file);
  const path = typesFileOf(file);
  const isCheck = options["check"] === true;
  if (isCheck) checkHandlerTypes(file, types);
  else writeFileSync(path, text);
  const shown = relative(process.cwd(), path);
  if (options["json"] === true) {
    process.stdout.write(`${JSON.stringify({ file: shown, handlers, notes })}\n`);
  } else if (options["quiet"] !== true) {
    for (const note of notes) process.stderr.write(`${note}\n`);
    const count = Object.keys(handlers).length;
    const what = `${count} ${count === 1 ? "handler" : "handlers"}`;
    process.stdout.write(isCheck ? `${shown} is up to date: ${what}\n` : `${shown}: ${what}\n`);
  }
  return EXIT.success;
}

function noPython(file: string): InvalidError {
  return new InvalidError(
    "WINDLASS_NO_PYTHON",
    `"${file}" defines no function or class in Python`,
    { hint: "define one with `app.python` or `app.pythonCls`, or leave this command out" },
  );
}
