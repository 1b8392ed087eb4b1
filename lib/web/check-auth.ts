import { checkKnown } from "../options/known.ts";
import { show } from "../options/show.ts";
import type { Violation } from "../options/violation.ts";

type Values = Readonly<Record<string, unknown>>;

const WORDS: readonly unknown[] = ["none", "bearer", "iam"];
const JWT_NAMES = ["issuer", "audience", "jwksUrl", "claims"];
/** Programs of this machine may speak plain HTTP to each other. */
const LOOPBACK: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/** All mistakes in who is let in. */
export function checkAuth(auth: unknown, subject: string): Violation[] {
  if (WORDS.includes(auth)) return [];
  if (typeof auth !== "object" || auth === null || !("jwt" in auth)) {
    return [badAuth(auth, subject)];
  }
  const of = `\`auth\` of ${subject}`;
  const { values: outer = {}, violations } = checkKnown(auth, { subject: of, names: ["jwt"] });
  const inner = checkKnown(outer["jwt"], { subject: `\`jwt\` of ${of}`, names: JWT_NAMES });
  return [...violations, ...inner.violations, ...(inner.values ? checkJwt(inner.values, of) : [])];
}

function checkJwt({ issuer, audience, jwksUrl, claims }: Values, of: string): Violation[] {
  return [
    ...checkIssuer(issuer, { jwksUrl, of }),
    ...(isTexts(audience) ? [] : [badAudience(audience, of)]),
    ...(jwksUrl === undefined || isSafeUrl(jwksUrl) ? [] : [badUrl("jwksUrl", jwksUrl, of)]),
    ...(claims === undefined || isClaims(claims) ? [] : [badClaims(claims, of)]),
  ];
}

/** It is a name of any form, but where the keys are looked up there. */
function checkIssuer(
  issuer: unknown,
  { jwksUrl, of }: { readonly jwksUrl: unknown; readonly of: string },
): Violation[] {
  const isName = typeof issuer === "string" && issuer !== "";
  if (isName && (jwksUrl !== undefined || isSafeUrl(issuer))) return [];
  return [badUrl("issuer", issuer, of)];
}

function isSafeUrl(value: unknown): boolean {
  if (typeof value !== "string" || !URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return protocol === "https:" || (protocol === "http:" && LOOPBACK.includes(hostname));
}

function isTexts(value: unknown): boolean {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.length > 0 && values.every((one) => typeof one === "string" && one !== "");
}

function isClaims(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every(isTexts);
}

function badAuth(auth: unknown, subject: string): Violation {
  return {
    code: "WINDLASS_INVALID_AUTH",
    message: `\`auth\` of ${subject} must be "none", "bearer", "iam" or \`{ jwt: { issuer, audience } }\`, got ${show(auth)}`,
    hint: 'write `auth: "bearer"` for tokens of `windlass token create`',
  };
}

function badUrl(name: string, value: unknown, of: string): Violation {
  return {
    code: "WINDLASS_INVALID_JWT_URL",
    message: `\`jwt.${name}\` of ${of} must be a URL that begins with https://, got ${show(value)}`,
    hint:
      name === "issuer"
        ? "write what the `iss` of its tokens is; one that is no URL needs a `jwksUrl`"
        : "write where the issuer publishes its keys",
  };
}

function badAudience(audience: unknown, of: string): Violation {
  return {
    code: "WINDLASS_INVALID_JWT_AUDIENCE",
    message: `\`jwt.audience\` of ${of} must be a text or several, got ${show(audience)}`,
    hint: "write what the `aud` of tokens for this app is: a token for another must not be let in",
  };
}

function badClaims(claims: unknown, of: string): Violation {
  return {
    code: "WINDLASS_INVALID_JWT_CLAIMS",
    message: `\`jwt.claims\` of ${of} must have a text or several for each name, got ${show(claims)}`,
    hint: 'write for instance `claims: { scope: "jobs:run" }`',
  };
}
