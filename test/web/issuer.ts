import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";

/** An issuer of tokens on this machine, as OpenID Connect has it. */
export interface Issuer extends AsyncDisposable {
  readonly url: string;
  /** How often its keys were fetched. */
  readonly fetched: number;
  /** A token that its newest key has signed. */
  sign(claims?: JWTPayload): Promise<string>;
  /** Signs with another key from now on; publishes the new one alone. */
  rotate(): Promise<void>;
  /** Answers with 500 from now on. */
  fail(): void;
}

export const AUDIENCE = "shop";

export async function startIssuer(): Promise<Issuer> {
  let fetched = 0;
  let isFailing = false;
  let keys: readonly object[] = [];
  let key: CryptoKey;
  let kid = 0;
  const server = createServer((request, response) => {
    const isKeys = request.url === "/keys";
    if (isKeys) fetched += 1;
    const document = isKeys ? { keys } : { issuer: url, jwks_uri: `${url}/keys` };
    response.writeHead(isFailing ? 500 : 200).end(JSON.stringify(document));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // It listens on a port.
  const url = `http://127.0.0.1:${port}`;
  const issuer: Issuer = {
    url,
    get fetched() {
      return fetched;
    },
    async sign(claims = {}) {
      const made = { iss: url, aud: AUDIENCE, exp: Math.floor(Date.now() / 1000) + 300, ...claims };
      return await new SignJWT(made)
        .setProtectedHeader({ alg: "ES256", kid: String(kid) })
        .sign(key);
    },
    async rotate() {
      kid += 1;
      const pair = await generateKeyPair("ES256");
      key = pair.privateKey;
      keys = [{ ...(await exportJWK(pair.publicKey)), kid: String(kid), alg: "ES256" }];
    },
    fail() {
      isFailing = true;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  await issuer.rotate();
  return issuer;
}
