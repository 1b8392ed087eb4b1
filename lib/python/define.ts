import type { Place } from "../call-site.ts";
import type { Definition } from "../definition.ts";
import { ExecutionError } from "../errors.ts";
import { type Defaults, type Given, type Reading, withDefaults } from "../given.ts";
import { checkName } from "../options/body.ts";
import { checkClsOptions, checkFunctionOptions } from "../options/check-options.ts";
import type { FunctionOptions } from "../options/function-options.ts";
import { show } from "../options/show.ts";
import { readPythonClsWeb, readPythonWeb } from "../web/define-python-web.ts";
import type { PythonWebKind } from "../web/web-spec.ts";
import { checkPythonName, parsePythonName } from "./handler-name.ts";

export interface PythonGiven extends Pick<Given, "name" | "options"> {
  readonly kind: Definition["kind"];
  /** Where it is defined; undefined if that is in no file. */
  readonly place: Place | undefined;
  /** What its function returns, where that answers requests. */
  readonly web?: PythonWebKind;
}

/** Reads the arguments of `app.python`, `app.pythonCls` and their likes. The definition is valid if there are no violations. */
export function readPython(given: PythonGiven, defaults: Defaults): Reading<Definition> {
  const { kind, name, options, place } = given;
  const word = given.web !== undefined ? "web app" : kind === "cls" ? "class" : "function";
  const subject = `${word} ${show(name)}`;
  const isObject = typeof options === "object" && options !== null;
  const { handler, ...others }: { handler?: unknown } = isObject ? options : {};
  const checked = isObject && !Array.isArray(options) ? others : options;
  const { web, rest, violations: inOptions } = readOptions(given, checked, subject);
  const violations = [
    ...checkName(name, `a ${word}`),
    ...inOptions,
    ...checkPythonName(handler, subject),
  ];
  const shared = {
    name: name as string, // Checked above, as the others.
    options: withDefaults((isObject ? rest : others) as FunctionOptions, defaults),
    file: place?.file,
    web,
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

/** What of the options is of the web, what is not, and the mistakes in all of them. */
function readOptions({ kind, web }: PythonGiven, options: unknown, subject: string) {
  if (web !== undefined) return readPythonWeb(web, options, subject);
  if (kind === "function") {
    return { web, rest: options, violations: checkFunctionOptions(options, subject) };
  }
  const read = readPythonClsWeb(options, subject);
  return { ...read, violations: [...checkClsOptions(read.rest, subject), ...read.violations] };
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
