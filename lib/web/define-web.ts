import type { Definition } from "../definition.ts";
import { type Defaults, type Given, type Reading, withDefaults } from "../given.ts";
import type { AnyClass, AnyHandler } from "../handler.ts";
import { checkHandler, checkName } from "../options/body.ts";
import { checkFunctionOptions, FUNCTION_NAMES } from "../options/check-options.ts";
import type { AnyFunctionOptions } from "../options/function-options.ts";
import { checkKnown } from "../options/known.ts";
import { checkName as checkOption } from "../options/names.ts";
import { RENAMED_OPTIONS } from "../options/renamed.ts";
import { show, showList } from "../options/show.ts";
import type { Violation } from "../options/violation.ts";
import type { StandardSchema } from "../standard-schema.ts";
import { ACCESS_OPTIONS, checkAccess, checkPort, checkRoute, ROUTE_OPTIONS } from "./check-web.ts";
import type { RouteDefinition, WebDefinition } from "./definition.ts";
import type {
  AccessOptions,
  AuthOptions,
  ClsWebOptions,
  CorsOptions,
  RouteOptions,
} from "./options.ts";
import type { AuthSpec, PythonWebKind } from "./web-spec.ts";

type Values = Readonly<Record<string, unknown>>;

/** Kinds of what is written in TypeScript. */
type Kind = Exclude<WebDefinition["kind"], PythonWebKind> | "unqueued";

/** Requests that a server answers at a time whose requests do not wait for others. */
const UNQUEUED_INPUTS = 100;

/** What functions of each kind are called in messages, and their own options. */
const KINDS = {
  endpoints: { word: "endpoint", own: [...ROUTE_OPTIONS, ...ACCESS_OPTIONS] },
  app: { word: "web app", own: ACCESS_OPTIONS },
  server: { word: "web server", own: ["port", ...ACCESS_OPTIONS] },
  unqueued: { word: "server", own: ["port", ...ACCESS_OPTIONS] },
} as const;

/** Options of functions that mean nothing for requests: nobody collects, retries or schedules those. */
const NOT_OF_WEB = ["batch", "retries", "schedule", "singleUseContainers"];

/** Reads the arguments of `app.endpoint`, `app.webApp`, `app.webServer` and `app.server`. */
export function readWeb(kind: Kind, given: Given, defaults: Defaults): Reading<Definition> {
  const { name, options, body, file } = given;
  const { word, own: names } = KINDS[kind];
  const subject = `${word} ${show(name)}`;
  const { web, container, violations: inOptions } = divideOptions(options, { own: names, subject });
  const access = checkAccess(web, subject);
  const many = { concurrency: { maxInputs: UNQUEUED_INPUTS } };
  const own = kind === "unqueued" ? { ...many, ...container } : container;
  const violations = [
    ...checkName(name, `a ${word}`.replace("a e", "an e")),
    ...inOptions,
    ...access,
    ...(kind === "endpoints" ? checkRoute(web, subject) : []),
    ...(kind === "server" || kind === "unqueued" ? checkPort(web["port"], subject) : []),
    ...checkHandler(body, subject),
  ];
  const definition: Definition = {
    kind: "function",
    name: name as string, // Checked above, as the others.
    options: withDefaults(own as AnyFunctionOptions, defaults),
    handler: body as AnyHandler,
    // Used only if it was valid.
    web: toWebDefinition(kind, access.length > 0 ? {} : web),
    file,
  };
  return { definition, violations };
}

/** The options of a function that answers requests: its own, those of its containers, and the mistakes in the latter. */
export function divideOptions(
  options: unknown,
  { own, subject }: { readonly own: readonly string[]; readonly subject: string },
): { readonly web: Values; readonly container: Values; readonly violations: Violation[] } {
  const isObject = typeof options === "object" && options !== null && !Array.isArray(options);
  const all: Values = isObject ? (options as Values) : {}; // Any object can be read by key.
  const [web, container] = divide(all, own);
  const names = [...own, ...FUNCTION_NAMES.filter((option) => !NOT_OF_WEB.includes(option))];
  const [known] = divide(
    container,
    FUNCTION_NAMES.filter((option) => names.includes(option)),
  );
  const written = Object.keys(all).filter((option) => !NOT_OF_WEB.includes(option));
  const violations = [
    ...written.flatMap((option) =>
      checkOption(option, { subject, names, renamed: RENAMED_OPTIONS }),
    ),
    ...checkFunctionOptions(isObject ? known : options, subject),
    ...NOT_OF_WEB.filter((option) => option in container).map((option) =>
      notOfWeb(option, subject),
    ),
  ];
  return { web, container, violations };
}

/** Reads what a class has on the web: `undefined` for nothing. */
export function readClsWeb(
  options: unknown,
  { methods, subject }: { readonly methods: readonly string[]; readonly subject: string },
): {
  readonly web: WebDefinition | undefined;
  readonly rest: unknown;
  readonly violations: Violation[];
} {
  const none = { web: undefined, rest: options, violations: [] };
  if (typeof options !== "object" || options === null || Array.isArray(options)) return none;
  const own = ["endpoints", "webApp", ...ACCESS_OPTIONS];
  const [given, rest] = divide(options as Values, own);
  const { endpoints, webApp } = given;
  if (endpoints === undefined && webApp === undefined) {
    const access = ACCESS_OPTIONS.filter((option) => given[option] !== undefined);
    return {
      web: undefined,
      rest,
      violations: access.map((option) =>
        accessOfNothing(option, { subject, others: ["endpoints", "webApp"] }),
      ),
    };
  }
  const violations = [
    ...checkAccess(given, subject),
    ...(webApp === undefined
      ? []
      : checkMethod(webApp, { methods, of: `\`webApp\` of ${subject}` })),
    ...(endpoints === undefined ? [] : checkEndpoints(endpoints, { methods, subject })),
    ...(endpoints === undefined || webApp === undefined ? [] : [twoWebs(subject)]),
  ];
  if (violations.length > 0) return { web: undefined, rest, violations };
  return { web: toClsWeb(given as ClsWebOptions), rest, violations }; // Checked above.
}

/** Requests say the parameters of the object that is to answer: its class says which there are. */
export function checkWebClass(
  ctor: AnyClass,
  { params }: { readonly params?: StandardSchema | undefined },
  subject: string,
): Violation[] {
  if (params !== undefined || ctor.length === 0) return [];
  return [
    {
      code: "WINDLASS_WEB_CLASS_PARAMS",
      message: `${subject} answers requests, and its constructor takes parameters, but no schema says which`,
      hint: "give it `params`, a schema of what requests may say in their query",
    },
  ];
}

function checkEndpoints(
  endpoints: unknown,
  { methods, subject }: { readonly methods: readonly string[]; readonly subject: string },
): Violation[] {
  const known = checkKnown(endpoints, { subject: `\`endpoints\` of ${subject}`, names: methods });
  const routes = Object.entries(known.values ?? {}).filter(([method]) => methods.includes(method));
  const violations = routes.flatMap(([method, route]) => {
    const of = `endpoint "${method}" of ${subject}`;
    const checked = checkKnown(route, { subject: of, names: ROUTE_OPTIONS });
    return [...checked.violations, ...checkRoute(checked.values ?? {}, of)];
  });
  return [
    ...known.violations,
    ...violations,
    ...(violations.length > 0 ? [] : checkTwice(routes, subject)),
  ];
}

function checkTwice(routes: readonly (readonly [string, unknown])[], subject: string): Violation[] {
  const seen = new Map<string, string>();
  return routes.flatMap(([target, options]) => {
    const { method, path } = toRoute(options as RouteOptions, target); // Checked before.
    const route = `${method} ${path.replaceAll(/:\w+/g, ":")}`;
    const first = seen.get(route);
    if (first === undefined) {
      seen.set(route, target);
      return [];
    }
    const message = `endpoints "${first}" and "${target}" of ${subject} answer the same requests: ${method} ${path}`;
    return [{ code: "WINDLASS_ROUTE_TWICE", message, hint: "give one of them another `path`" }];
  });
}

function checkMethod(
  value: unknown,
  { methods, of }: { readonly methods: readonly string[]; readonly of: string },
): Violation[] {
  if (typeof value === "string" && methods.includes(value)) return [];
  const message = `${of} must be the name of a method, ${showList(methods.map(show))}, got ${show(value)}`;
  return [
    { code: "WINDLASS_INVALID_WEB_APP", message, hint: "name the method that returns the web app" },
  ];
}

export function notOfWeb(option: string, subject: string): Violation {
  return {
    code: "WINDLASS_OPTION_NOT_OF_WEB",
    message: `\`${option}\` is not an option of ${subject}: it applies to calls, not to requests`,
    hint: "remove it, or let the handler call a function that has it",
  };
}

export function accessOfNothing(
  option: string,
  { subject, others }: { readonly subject: string; readonly others: readonly [string, string] },
): Violation {
  const [one, other] = others;
  return {
    code: "WINDLASS_ACCESS_WITHOUT_WEB",
    message: `\`${option}\` of ${subject} is about requests, but it has neither \`${one}\` nor \`${other}\``,
    hint: "add one of them, or remove it",
  };
}

function twoWebs(subject: string): Violation {
  return {
    code: "WINDLASS_TWO_WEBS",
    message: `${subject} has both \`endpoints\` and \`webApp\`, which would answer the same requests`,
    hint: "let the web app have those routes",
  };
}

function toWebDefinition(kind: Kind, web: Values): WebDefinition {
  const options: AccessOptions & RouteOptions & { readonly port?: number } = web; // Used only if it was valid.
  const access = toAccess(options, kind === "endpoints");
  if (kind === "app") return { ...access, kind, target: undefined };
  if (kind === "server" || kind === "unqueued") {
    return { ...access, kind: "server", port: options.port ?? 0, isQueued: kind === "server" };
  }
  return { ...access, kind, routes: [toRoute(options, undefined)], hasDocs: options.docs === true };
}

function toClsWeb(options: ClsWebOptions): WebDefinition {
  const { endpoints, webApp } = options;
  if (endpoints === undefined) {
    return { ...toAccess(options, false), kind: "app", target: webApp };
  }
  const entries = Object.entries(endpoints).filter(([, route]) => route !== undefined);
  const routes = entries.map(([method, route]) => toRoute(route as RouteOptions, method));
  const hasDocs = entries.some(([, route]) => route?.docs === true);
  return { ...toAccess(options, true), kind: "endpoints", routes, hasDocs };
}

export function toAccess(
  { auth = "none", cors, sticky = false }: AccessOptions,
  isOpen: boolean,
): Pick<WebDefinition, "auth" | "cors" | "sticky"> {
  const asked = cors ?? isOpen;
  return {
    auth: toAuth(auth),
    cors: asked === false ? undefined : toCors(asked === true ? {} : asked),
    sticky,
  };
}

function toAuth(auth: AuthOptions): AuthSpec {
  if (typeof auth === "string") return auth;
  const { issuer, audience, jwksUrl = null, claims = {} } = auth.jwt;
  const entries = Object.entries(claims).sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    jwt: {
      issuer,
      audience: [audience].flat(),
      jwksUrl,
      claims: Object.fromEntries(entries.map(([name, values]) => [name, [values].flat()])),
    },
  };
}

function toCors({ origins, credentials = false }: CorsOptions) {
  return { origins: origins === undefined ? null : [...origins].sort(), credentials };
}

function toRoute(
  { method = "GET", path, query, body }: RouteOptions,
  target: string | undefined,
): RouteDefinition {
  return { method, path: path ?? (target === undefined ? "/" : `/${target}`), target, query, body };
}

/** The options that are of the web, and the others. */
export function divide(options: Values, own: readonly string[]): [web: Values, others: Values] {
  const entries = Object.entries(options);
  return [
    Object.fromEntries(entries.filter(([name]) => own.includes(name))),
    Object.fromEntries(entries.filter(([name]) => !own.includes(name))),
  ];
}
