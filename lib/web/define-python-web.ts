import { checkSchema } from "../options/check-options.ts";
import { show } from "../options/show.ts";
import type { Violation } from "../options/violation.ts";
import type { StandardSchema } from "../standard-schema.ts";
import { ACCESS_OPTIONS, checkAccess } from "./check-web.ts";
import { accessOfNothing, divide, divideOptions, notOfWeb, toAccess } from "./define-web.ts";
import type { WebDefinition } from "./definition.ts";
import type { PythonWebKind } from "./web-spec.ts";

/** What functions and classes of Python have on the web; `undefined` for nothing. */
interface PythonWeb {
  readonly web: WebDefinition | undefined;
  /** Options that are not of the web. */
  readonly rest: unknown;
  readonly violations: Violation[];
}

const CLS_OPTIONS = { pythonAsgi: "asgi", pythonWsgi: "wsgi" } as const;
/** Options of a class that are about its requests. */
const OWN = [...ACCESS_OPTIONS, "params"] as const;
const METHOD = /^[\p{ID_Start}_][\p{ID_Continue}]*$/u;

/** Reads the options of `app.pythonAsgi` and `app.pythonWsgi`, but for `handler`. */
export function readPythonWeb(kind: PythonWebKind, options: unknown, subject: string): PythonWeb {
  const own = ["handler", ...ACCESS_OPTIONS];
  const { web, container, violations } = divideOptions(options, { own, subject });
  const access = checkAccess(web, subject);
  return {
    web: { ...toAccess(access.length > 0 ? {} : web, false), kind, target: undefined },
    rest: container,
    violations: [...violations, ...access],
  };
}

/** Reads what a class of Python has on the web. */
export function readPythonClsWeb(options: unknown, subject: string): PythonWeb {
  const none = { web: undefined, rest: options, violations: [] };
  if (typeof options !== "object" || options === null || Array.isArray(options)) return none;
  const [given, rest] = divide(options as Readonly<Record<string, unknown>>, [
    ...Object.keys(CLS_OPTIONS),
    ...OWN,
  ]);
  const kinds = Object.entries(CLS_OPTIONS).filter(([name]) => given[name] !== undefined);
  const [[name, kind] = []] = kinds;
  if (name === undefined || kind === undefined) {
    const access = OWN.filter((option) => given[option] !== undefined);
    const others = ["pythonAsgi", "pythonWsgi"] as const;
    const violations = access.map((option) => accessOfNothing(option, { subject, others }));
    return { web: undefined, rest, violations };
  }
  const { params } = given;
  const violations = [
    ...checkAccess(given, subject),
    ...(params === undefined ? [] : checkSchema(params, `\`params\` of ${subject}`)),
    ...kinds.flatMap(([option]) => checkMethod(given[option], `\`${option}\` of ${subject}`)),
    ...(kinds.length > 1 ? [twoApps(subject)] : []),
    ...(rest["batch"] === undefined ? [] : [notOfWeb("batch", subject)]),
  ];
  if (violations.length > 0) return { web: undefined, rest, violations };
  return {
    web: {
      ...toAccess(given, false),
      ...{ kind, target: String(given[name]) },
      params: params as StandardSchema | undefined, // Checked above.
    },
    rest,
    violations,
  };
}

function checkMethod(value: unknown, of: string): Violation[] {
  if (typeof value === "string" && METHOD.test(value)) return [];
  return [
    {
      code: "WINDLASS_INVALID_WEB_APP",
      message: `${of} must be the name of a method, got ${show(value)}`,
      hint: "name the method that returns the web app",
    },
  ];
}

function twoApps(subject: string): Violation {
  return {
    code: "WINDLASS_TWO_WEBS",
    message: `${subject} has both \`pythonAsgi\` and \`pythonWsgi\`, which would answer the same requests`,
    hint: "mount one app in the other",
  };
}
