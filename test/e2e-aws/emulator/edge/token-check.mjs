// JSON Web Tokens that a load balancer checks before it forwards.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-verify-jwt.html
import { createPublicKey, verify } from "node:crypto";

const KEYS_MS = 60_000;
const keys = new Map();

/** Undefined for a token that is good, else the status that refuses it. */
export async function refusalOf(exchange, { Issuer, JwksEndpoint, AdditionalClaims = [] }) {
  const [, token] = /^Bearer (\S+)$/i.exec(exchange.header("authorization") ?? "") ?? [];
  const read = token === undefined ? undefined : parse(token);
  // "Only the RS256 algorithm is supported"
  if (read?.header.alg !== "RS256") return 401;
  const found = (await keysOf(JwksEndpoint)).find(({ kid }) => kid === read.header.kid);
  if (found === undefined) return 401;
  const key = createPublicKey({ key: found, format: "jwk" });
  if (!verify("RSA-SHA256", Buffer.from(read.signed), key, read.signature)) return 401;
  const isGood = isInTime(read.claims) && read.claims.iss === Issuer;
  return isGood && AdditionalClaims.every((one) => hasClaim(read.claims, one)) ? undefined : 401;
}

function parse(token) {
  const [header, claims, signature] = token.split(".");
  const decode = (part) => JSON.parse(Buffer.from(part, "base64url").toString());
  try {
    return {
      ...{ header: decode(header), claims: decode(claims), signed: `${header}.${claims}` },
      signature: Buffer.from(signature, "base64url"),
    };
  } catch {
    return undefined; // No token of this kind.
  }
}

/** `exp` has to be there; `nbf` and `iat` count where they are. */
function isInTime({ exp, nbf = 0, iat = 0 }) {
  const now = Date.now() / 1000;
  return typeof exp === "number" && exp > now && nbf <= now && iat <= now;
}

function hasClaim(claims, { Name, Format, Values }) {
  const value = claims[Name];
  if (Format === "single-string") return Values.includes(value);
  const given = Format === "string-array" ? value : String(value ?? "").split(" ");
  return Array.isArray(given) && Values.some((one) => given.includes(one));
}

async function keysOf(url) {
  const known = keys.get(url);
  if (known !== undefined && known.until > Date.now()) return known.keys;
  const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
  const read = (await answer.json()).keys;
  keys.set(url, { keys: read, until: Date.now() + KEYS_MS });
  return read;
}
