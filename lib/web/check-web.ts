import { checkSchema } from "../options/check-options.ts";
import { checkNumber } from "../options/numbers.ts";
import { show, showList } from "../options/show.ts";
import { checkBoolean } from "../options/table.ts";
import type { Violation } from "../options/violation.ts";
import { checkAuth } from "./check-auth.ts";
import type { HttpMethod } from "./options.ts";

type Values = Readonly<Record<string, unknown>>;

const METHODS: readonly HttpMethod[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const METHODS_WITH_BODY = METHODS.filter((method) => method !== "GET");
/** Segments of a path: text without what URLs encode, `:name`, or `*` at the end. */
const PATH = /^\/$|^(\/(:[A-Za-z_]\w*|[\w.~!$&'()+,;=@%-]+))*(\/\*)?$/;

export const ROUTE_OPTIONS = ["method", "path", "query", "body", "docs"] as const;
export const ACCESS_OPTIONS = ["auth", "cors", "sticky"] as const;

/** All mistakes in how requests reach a handler. */
export function checkRoute(route: Values, subject: string): Violation[] {
  const { method = "GET", path = "/", query, body, docs } = route;
  return [
    ...(METHODS.includes(method as HttpMethod) ? [] : [badMethod(method, subject)]),
    ...checkPath(path, subject),
    ...(query === undefined ? [] : checkSchema(query, `\`query\` of ${subject}`)),
    ...(body === undefined ? [] : checkSchema(body, `\`body\` of ${subject}`)),
    ...(body !== undefined && method === "GET" ? [bodyOfGet(subject)] : []),
    ...(docs === undefined ? [] : checkBoolean(docs, `\`docs\` of ${subject}`)),
  ];
}

/** All mistakes in who may send requests. */
export function checkAccess({ auth, cors, sticky }: Values, subject: string): Violation[] {
  return [
    ...(auth === undefined ? [] : checkAuth(auth, subject)),
    ...(sticky === undefined ? [] : checkBoolean(sticky, `\`sticky\` of ${subject}`)),
    ...(cors === undefined || typeof cors === "boolean" ? [] : checkCors(cors, subject)),
  ];
}

/** All mistakes in where a server listens. */
export function checkPort(port: unknown, subject: string): Violation[] {
  const rule = {
    code: "WINDLASS_INVALID_PORT",
    ...{ min: 1, max: 65_535, whole: true },
    hint: "write where the server listens, for instance `port: 8000`",
  };
  return checkNumber(port, rule, `\`port\` of ${subject}`);
}

function checkPath(path: unknown, subject: string): Violation[] {
  if (typeof path !== "string" || !PATH.test(path)) {
    return [
      {
        code: "WINDLASS_INVALID_PATH",
        message: `\`path\` of ${subject} must begin with "/" and have no empty segments, got ${show(path)}`,
        hint: 'write for instance "/users/:id", or "/files/*" for all that is below',
      },
    ];
  }
  const names = path.split("/").filter((segment) => segment.startsWith(":"));
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice === undefined) return [];
  return [
    {
      code: "WINDLASS_PATH_NAME_TWICE",
      message: `\`path\` of ${subject} has "${twice}" twice: ${path}`,
      hint: "give each of them a name of its own",
    },
  ];
}

function badMethod(method: unknown, subject: string): Violation {
  const upper = typeof method === "string" ? method.toUpperCase() : undefined;
  const isCase = METHODS.includes(upper as HttpMethod);
  return {
    code: "WINDLASS_INVALID_METHOD",
    message: `\`method\` of ${subject} must be ${showList(METHODS.map(show))}, got ${show(method)}`,
    hint: isCase ? `write \`method: "${upper}"\`` : 'leave it out for "GET"',
  };
}

function bodyOfGet(subject: string): Violation {
  return {
    code: "WINDLASS_BODY_OF_GET",
    message: `${subject} has a \`body\`, which requests of the method GET do not have`,
    hint: `add \`method: "POST"\` (one of ${METHODS_WITH_BODY.join(", ")}), or use \`query\``,
  };
}

function checkCors(cors: unknown, subject: string): Violation[] {
  const { origins, credentials = false } = (cors ?? {}) as Values; // Any object can be read by key.
  const isList =
    origins === undefined ||
    (Array.isArray(origins) && origins.every((origin) => isOrigin(origin)));
  if (typeof cors !== "object" || cors === null || !isList || typeof credentials !== "boolean") {
    return [
      {
        code: "WINDLASS_INVALID_CORS",
        message: `\`cors\` of ${subject} must be true, false or \`{ origins, credentials }\`, got ${show(cors)}`,
        hint: 'write origins as browsers send them, for instance "https://example.com"',
      },
    ];
  }
  if (!credentials || origins !== undefined) return [];
  return [
    {
      code: "WINDLASS_CORS_CREDENTIALS",
      message: `\`cors\` of ${subject} takes credentials from every origin, which browsers refuse`,
      hint: "list the `origins`",
    },
  ];
}

function isOrigin(value: unknown): boolean {
  if (typeof value !== "string" || !URL.canParse(value)) return false;
  return new URL(value).origin === value;
}
