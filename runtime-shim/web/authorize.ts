import type { IncomingMessage } from "node:http";
import type { Clock } from "../../lib/clock.ts";
import { sha256 } from "../../lib/sha256.ts";
import type { AuthSpec } from "../../lib/web/web-spec.ts";
import { jwtAuthorization } from "./jwt.ts";
import type { Refusal } from "./problem.ts";

/** Whether there is a token with this hash, in hexadecimal. */
export type FindToken = (hash: string) => Promise<boolean>;

/** Why a request is refused; undefined for one that may pass. */
export type Authorize = (request: IncomingMessage) => Promise<Refusal | undefined>;

export interface AuthorizationOptions {
  readonly findToken: FindToken;
  readonly clock: Pick<Clock, "now" | "wallTime">;
}

/** How a function lets in who may ask; undefined where whoever asks is let in, or IAM has decided before. */
export function authorizationFor(
  auth: AuthSpec,
  { findToken, clock }: AuthorizationOptions,
): Authorize | undefined {
  if (auth === "none" || auth === "iam") return undefined;
  return auth === "bearer"
    ? bearerAuthorization(findToken, () => clock.now())
    : jwtAuthorization(auth.jwt, () => clock.wallTime());
}

/** A token that was found is not asked for again for this long: so long it works after it was deleted. */
const KNOWN_MS = 30_000;

/** Lets in who sends `Authorization: Bearer …` with a token that there is. */
function bearerAuthorization(findToken: FindToken, now: () => number): Authorize {
  const known = new Map<string, number>();
  return async ({ headers }) => {
    const [, token] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "") ?? [];
    if (token === undefined) return refusal("needs `Authorization: Bearer …` with a token");
    const hash = sha256(token);
    if (now() - (known.get(hash) ?? Number.NEGATIVE_INFINITY) < KNOWN_MS) return undefined;
    known.delete(hash);
    if (!(await findToken(hash))) return refusal("has a token that there is not");
    known.set(hash, now());
    return undefined;
  };
}

function refusal(what: string): Refusal {
  return {
    status: 401,
    code: "WINDLASS_UNAUTHORIZED",
    message: `the request ${what}; \`windlass token create\` makes one`,
    headers: { "www-authenticate": 'Bearer realm="windlass"' },
  };
}
