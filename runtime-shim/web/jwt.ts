import type { JWTPayload, JWTVerifyGetKey } from "jose";
import { ExecutionError } from "../../lib/errors.ts";
import type { JwtSpec } from "../../lib/web/web-spec.ts";
import type { Authorize } from "./authorize.ts";
import { setClaims } from "./claims.ts";
import type { Refusal } from "./problem.ts";

type Jose = typeof import("jose");

/** Keys that only their issuer has: those that both sides share are no proof of who wrote a token. */
const ALGORITHMS: string[] = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];
/** How far the clock of an issuer may be from this one. */
const SKEW_SECONDS = 60;
const DISCOVERY_MS = 5000;
/** What jose says when it could not get keys, which is no mistake of who asks. */
const NO_KEYS: ReadonlySet<unknown> = new Set([
  ...["ERR_JOSE_GENERIC", "ERR_JWKS_TIMEOUT", "ERR_JWKS_INVALID"],
]);

/** Lets in who sends `Authorization: Bearer …` with a JSON Web Token of an issuer. */
export function jwtAuthorization(spec: JwtSpec, wallTime: () => number): Authorize {
  let opened: Promise<Verifier> | undefined;
  return async (request) => {
    const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
    if (token === undefined) return NO_TOKEN;
    opened ??= openVerifier(spec, wallTime);
    const verify = await opened.catch((error: unknown) => {
      // Asked again for the next request.
      opened = undefined;
      throw error;
    });
    const { claims, refusal } = await verify(token);
    if (claims !== undefined) setClaims(request, claims);
    return refusal;
  };
}

type Verified =
  | { readonly claims: JWTPayload; readonly refusal?: undefined }
  | { readonly claims?: undefined; readonly refusal: Refusal };

type Verifier = (token: string) => Promise<Verified>;

async function openVerifier(spec: JwtSpec, wallTime: () => number): Promise<Verifier> {
  const jose = await import("jose");
  const keys = jose.createRemoteJWKSet(new URL(spec.jwksUrl ?? (await discover(spec.issuer))));
  return async (token) => {
    const read = await verified(jose, token, { spec, keys, wallTime });
    if (read.claims === undefined) return read;
    const missing = Object.entries(spec.claims).find(([name, any]) => !has(read.claims[name], any));
    return missing === undefined ? read : { refusal: insufficient(missing[0]) };
  };
}

async function verified(
  jose: Jose,
  token: string,
  {
    spec,
    keys,
    wallTime,
  }: { readonly spec: JwtSpec; readonly keys: JWTVerifyGetKey; readonly wallTime: () => number },
): Promise<Verified> {
  try {
    const { payload } = await jose.jwtVerify(token, keys, {
      ...{ issuer: spec.issuer, audience: [...spec.audience], algorithms: ALGORITHMS },
      ...{ clockTolerance: SKEW_SECONDS, currentDate: new Date(wallTime()) },
      // One that never ends cannot be taken back.
      requiredClaims: ["exp"],
    });
    return { claims: payload };
  } catch (error) {
    if (!(error instanceof jose.errors.JOSEError) || NO_KEYS.has(error.code)) throw error;
    return { refusal: invalid(error.message) };
  }
}

/** Where an issuer has its keys, as OpenID Connect Discovery 1.0 says. */
async function discover(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const response = await fetch(url, { signal: AbortSignal.timeout(DISCOVERY_MS) });
  if (!response.ok) throw noKeys(`${url} answers ${response.status}`);
  const read = (await response.json()) as {
    readonly issuer?: unknown;
    readonly jwks_uri?: unknown;
  };
  if (read.issuer !== issuer) throw noKeys(`${url} is of issuer ${String(read.issuer)}`);
  if (typeof read.jwks_uri !== "string") throw noKeys(`${url} says no \`jwks_uri\``);
  return read.jwks_uri;
}

function noKeys(why: string): ExecutionError {
  return new ExecutionError("WINDLASS_NO_KEYS", `the keys of an issuer cannot be found: ${why}`, {
    hint: "write `jwksUrl` where its keys are",
  });
}

/** True where a claim is one of these, or a list or words with one of them: `scope` is words. */
function has(claim: unknown, any: readonly string[]): boolean {
  const values = Array.isArray(claim) ? claim : [claim, ...String(claim ?? "").split(" ")];
  return values.some((value) => any.includes(String(value)));
}

const NO_TOKEN: Refusal = {
  status: 401,
  code: "WINDLASS_UNAUTHORIZED",
  message: "the request needs `Authorization: Bearer …` with a JSON Web Token",
  headers: { "www-authenticate": 'Bearer realm="windlass"' },
};

function invalid(why: string): Refusal {
  return {
    status: 401,
    code: "WINDLASS_INVALID_TOKEN",
    message: `the token is not valid: ${why}`,
    headers: { "www-authenticate": 'Bearer realm="windlass", error="invalid_token"' },
  };
}

function insufficient(claim: string): Refusal {
  return {
    status: 403,
    code: "WINDLASS_INSUFFICIENT_CLAIMS",
    message: `the token is not for this: its claim "${claim}" is another`,
    headers: { "www-authenticate": 'Bearer realm="windlass", error="insufficient_scope"' },
  };
}
