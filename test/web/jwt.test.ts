import type { IncomingMessage } from "node:http";
import { type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, afterEach, beforeEach, expect, it, test, vi } from "vitest";
import type { JwtSpec } from "../../lib/web/web-spec.ts";
import { type Authorize, authorizationFor } from "../../runtime-shim/web/authorize.ts";
import { claimsOf } from "../../runtime-shim/web/claims.ts";
import { appProject } from "../cli/cli.ts";
import { AUDIENCE, type Issuer, startIssuer } from "./issuer.ts";
import { serveProject } from "./served.ts";

const START = 1_700_000_000_000;

let issuer: Issuer;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
  issuer = await startIssuer();
});
afterEach(async () => {
  vi.useRealTimers();
  await issuer[Symbol.asyncDispose]();
});

function open(
  own: { readonly jwksUrl?: string; readonly claims?: JwtSpec["claims"] } = {},
): Authorize {
  const jwt = { issuer: issuer.url, audience: [AUDIENCE], jwksUrl: null, claims: {}, ...own };
  const authorize = authorizationFor(
    { jwt },
    {
      findToken: () => Promise.reject(new Error("it is not asked for tokens of its own")),
      clock: { now: () => 0, wallTime: () => Date.now() },
    },
  );
  if (authorize === undefined) throw new Error("it lets all in");
  return authorize;
}

const asked = (authorization?: string): IncomingMessage =>
  ({ headers: { authorization }, rawHeaders: [] }) as unknown as IncomingMessage;

async function ask(authorize: Authorize, token?: string): Promise<unknown> {
  const refusal = await authorize(asked(token && `Bearer ${token}`));
  return refusal && [refusal.status, refusal.code, refusal.headers?.["www-authenticate"]];
}

const INVALID = [401, "WINDLASS_INVALID_TOKEN", 'Bearer realm="windlass", error="invalid_token"'];

test("a token of the issuer lets in, and what it says is known", async () => {
  const authorize = open();
  const request = asked(`bearer ${await issuer.sign({ sub: "ada" })}`);

  expect(await authorize(request)).toBeUndefined();
  expect(claimsOf(request)).toMatchObject({ iss: issuer.url, sub: "ada" });
  expect(await ask(open({ jwksUrl: `${issuer.url}/keys` }), await issuer.sign())).toBeUndefined();
});

test("who sends no token is told that one is needed", async () => {
  expect(await ask(open())).toEqual([401, "WINDLASS_UNAUTHORIZED", 'Bearer realm="windlass"']);
});

it.each([
  ["for another audience", { aud: "other" }],
  ["of another issuer", { iss: "https://example.com" }],
  ["that ended more than a minute ago", { exp: START / 1000 - 61 }],
  ["that begins in more than a minute", { nbf: START / 1000 + 61 }],
  ["that never ends", { exp: undefined }],
])("a token %s is refused", async (_, claims) => {
  expect(await ask(open(), await issuer.sign(claims as JWTPayload))).toEqual(INVALID);
});

test("clocks may differ by a minute", async () => {
  const authorize = open();

  expect(await ask(authorize, await issuer.sign({ exp: START / 1000 - 59 }))).toBeUndefined();
  expect(await ask(authorize, await issuer.sign({ nbf: START / 1000 + 60 }))).toBeUndefined();
});

test("a token that the issuer has not signed is refused", async () => {
  const authorize = open();
  const claims = { iss: issuer.url, aud: AUDIENCE, exp: START / 1000 + 300 };
  await using other = await startIssuer();
  const shared = await new SignJWT(claims)
    .setProtectedHeader({ alg: "HS256", kid: "1" })
    .sign(new TextEncoder().encode("a secret that both sides share, of 256 bits"));
  const [head, , signature] = (await issuer.sign()).split(".");
  const [, payload] = (await issuer.sign({ sub: "eve" })).split(".");

  for (const token of [
    await other.sign({ iss: issuer.url }),
    new UnsecuredJWT(claims).encode(),
    shared,
    `${head}.${payload}.${signature}`,
    "no.token",
  ]) {
    expect(await ask(authorize, token)).toEqual(INVALID);
  }
});

test("claims must be what the options say, in lists and in words too", async () => {
  const authorize = open({ claims: { scope: ["jobs:run"], groups: ["a", "b"] } });
  const status = async (claims: JWTPayload): Promise<unknown> =>
    ask(authorize, await issuer.sign({ ...claims }));

  expect(await status({ scope: "read jobs:run", groups: ["b"] })).toBeUndefined();
  expect(await status({ scope: "jobs:run", groups: "a" })).toBeUndefined();
  const refused = [
    403,
    "WINDLASS_INSUFFICIENT_CLAIMS",
    'Bearer realm="windlass", error="insufficient_scope"',
  ];
  expect(await status({ scope: "jobs:runner", groups: ["b"] })).toEqual(refused);
  expect(await status({ scope: "jobs:run" })).toEqual(refused);
});

test("keys are fetched once, and again for a key that is new", async () => {
  const authorize = open();
  await ask(authorize, await issuer.sign());
  await ask(authorize, await issuer.sign());
  expect(issuer.fetched).toBe(1);

  await issuer.rotate();
  vi.setSystemTime(START + 31_000);

  expect(await ask(authorize, await issuer.sign())).toBeUndefined();
  expect(issuer.fetched).toBe(2);
});

test("an issuer whose keys cannot be had refuses nobody, and is asked again", async () => {
  const authorize = open();
  const token = await issuer.sign();
  issuer.fail();
  await expect(ask(authorize, token)).rejects.toThrow("answers 500");
  await expect(ask(open({ jwksUrl: `${issuer.url}/keys` }), token)).rejects.toThrow("200");
});

const PYTHON = `
async def app(scope, receive, send):
    names = [value.decode() for name, value in scope["headers"] if name == b"x-windlass-claims"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": "|".join(names).encode()})

def make():
    return app

def make_wsgi():
    def app(environ, start_response):
        start_response("200 OK", [])
        return [environ["HTTP_X_WINDLASS_CLAIMS"].encode("latin-1")]
    return app
`;

test("endpoints have claims as a field, and apps as a header that clients cannot set", async () => {
  vi.useRealTimers();
  const source = `
    import { App } from "windlass";
    export const app = new App("jwt");
    const auth = { jwt: { issuer: "${issuer.url}", audience: "${AUDIENCE}" } } as const;
    app.endpoint("endpoint", { auth }, ({ auth: { sub } }) => ({ sub }));
    app.webApp("site", { auth }, () => (request) =>
      new Response(request.headers.get("x-windlass-claims")));
    app.pythonAsgi("asgi", { handler: "asgi.py:make", auth });
    app.pythonWsgi("wsgi", { handler: "asgi.py:make_wsgi", auth });
    app.endpoint("own", { auth: "iam" }, () => "in");
  `;
  const root = appProject({ "app.ts": source, "asgi.py": PYTHON }, afterAll);
  await using served = await serveProject(root);
  const headers = {
    authorization: `Bearer ${await issuer.sign({ sub: "Zoë ✓" })}`,
    "X-Windlass-Claims": '{"sub":"eve"}',
    X_Windlass_Claims: '{"sub":"eve"}',
  };
  const get = async (name: string): Promise<unknown> =>
    (await fetch(served.url(name), { headers })).json();

  expect(await get("endpoint")).toEqual({ sub: "Zoë ✓" });
  expect(await get("site")).toMatchObject({ sub: "Zoë ✓", iss: issuer.url });
  expect(await get("wsgi")).toMatchObject({ sub: "Zoë ✓", iss: issuer.url });
  expect(await get("asgi")).toMatchObject({ sub: "Zoë ✓", iss: issuer.url });
  expect((await fetch(served.url("endpoint"))).status).toBe(401);
  expect(await (await fetch(served.url("own"))).json()).toBe("in");
  await served.running.seen(/let in to own: `auth: "iam"` is checked on AWS alone/);
});
