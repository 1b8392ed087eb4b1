import type { Place } from "../call-site.ts";
import type { Definition } from "../definition.ts";
import { ExecutionError } from "../errors.ts";
import { type Defaults, type Given, type Reading, withDefaults } from "../given.ts";
import { checkName } from "../options/body.ts";
import { checkClsOptions, checkFunctionOptions } from "../options/check-options.ts";
import type { FunctionOptions } from "../options/function-options.ts";
import { show } from "../options/show.ts";
import { checkPythonName, parsePythonName } from "./handler-name.ts";

export interface PythonGiven extends Pick<Given, "name" | "options"> {
  readonly kind: Definition["kind"];
  /** Where it is defined; undefined if that is in no file. */
  readonly place: Place | undefined;
}

/** Reads the arguments of `app.python` and `app.pythonCls`. The definition is valid if there are no violations. */
export function readPython(given: PythonGiven, defaults: Defaults): Reading<Definition> {
  const { kind, name, options, place } = given;
  const word = kind === "cls" ? "class" : "function";
  const subject = `${word} ${show(name)}`;
  const isObject = typeof options === "object" && options !== null;
  const { handler, ...others }: { handler?: unknown } = isObject ? options : {};
  const checked = isObject && !Array.isArray(options) ? others : options;
  const check = kind === "cls" ? checkClsOptions : checkFunctionOptions;
  const violations = [
    ...checkName(name, `a ${word}`),
    ...check(checked, subject),
    ...checkPythonName(handler, subject),
  ];
  const shared = {
    name: name as string, // Checked above, as the others.
    options: withDefaults(others as FunctionOptions, defaults),
    file: place?.file,
    python: { ...(parsePythonName(handler) ?? { file: "", symbol: "" }), place },
  };
  const refuse = (): never => {
    throw notHere(subject);
  };
  const definition: Definition =
    kind === "function"
      ? { kind, ...shared, handler: refuse }
      : { kind, ...shared, ctor: refusingClass(refuse), methods: [] };
  return { definition, violations };
}

function refusingClass(refuse: () => never): new () => object {
  return class {
    constructor() {
      refuse();
    }
  };
}

function notHere(subject: string): ExecutionError {
  return new ExecutionError(
    "WINDLASS_PYTHON_NOT_LOCAL",
    `${subject} is written in Python, which runs in containers alone`,
    { hint: "call `remote`, which runs it on this machine too under `windlass run`" },
  );
}
