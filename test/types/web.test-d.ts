import { expectTypeOf, test } from "vitest";
import {
  App,
  type Fetch,
  type JwtClaims,
  nodeListener,
  type QueryValues,
  type WebHandle,
} from "windlass";
import { z } from "zod";

const app = new App("types");

test("an endpoint's handler knows what path, query and body are", () => {
  const handle = app.endpoint(
    "users",
    {
      method: "POST",
      path: "/users/:id/files/*",
      query: z.object({ page: z.coerce.number() }),
      body: z.object({ name: z.string() }),
    },
    ({ params, query, body, request, signal }) => {
      expectTypeOf(params.id).toEqualTypeOf<string>();
      expectTypeOf(params["*"]).toEqualTypeOf<string>();
      expectTypeOf(query).toEqualTypeOf<{ page: number }>();
      expectTypeOf(body).toEqualTypeOf<{ name: string }>();
      expectTypeOf(request).toEqualTypeOf<Request>();
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
    },
  );

  expectTypeOf(handle).toEqualTypeOf<WebHandle>();
  expectTypeOf(handle.url()).resolves.toEqualTypeOf<string>();
});

test("an endpoint that lets in by JSON Web Tokens is told what they say", () => {
  const jwt = { issuer: "https://id.example.com", audience: "shop" };
  app.endpoint("staff", { auth: { jwt } }, ({ auth }) => {
    expectTypeOf(auth).toEqualTypeOf<JwtClaims>();
    expectTypeOf(auth.sub).toEqualTypeOf<string | undefined>();
  });
  app.endpoint("others", { auth: "bearer" }, ({ auth }) => {
    expectTypeOf(auth).toEqualTypeOf<undefined>();
  });
  // @ts-expect-error it says for whom tokens are
  app.endpoint("nobody", { auth: { jwt: { issuer: "https://id.example.com" } } }, () => 1);
});

test("without schemas the query is text, and the body unread", () => {
  app.endpoint("plain", ({ query, body }) => {
    expectTypeOf(query).toEqualTypeOf<QueryValues>();
    expectTypeOf(body).toEqualTypeOf<undefined>();
  });
});

test("endpoints of a class are names of its methods", () => {
  class Llm {
    generate(prompt: string): string {
      return prompt;
    }
  }
  app.cls("Llm", { endpoints: { generate: { method: "POST" } } }, Llm);
  // @ts-expect-error there is no method of this name
  app.cls("Other", { endpoints: { generat: {} } }, Llm);
});

test("a web app is what speaks fetch, or says that it listens to node:http", () => {
  const answer: Fetch = () => new Response();
  app.webApp("plain", () => answer);
  app.webApp("object", async () => ({ fetch: answer }));
  app.webApp("node", () => nodeListener((_, response) => response.end()));
  // @ts-expect-error a listener of node:http takes two arguments
  app.webApp("listener", () => (_: unknown, response: { end(): void }) => response.end());
});

test("web apps in Python are named by their handlers, and are handles of what answers requests", () => {
  const options = { handler: "api.py:make_app", concurrency: { maxInputs: 100 } };
  expectTypeOf(app.pythonAsgi("asgi", options)).toEqualTypeOf<WebHandle>();
  expectTypeOf(app.pythonWsgi("wsgi", { ...options, auth: "bearer" })).toEqualTypeOf<WebHandle>();
  // @ts-expect-error requests are not retried
  app.pythonAsgi("retried", { handler: "api.py:make_app", retries: 3 });
  // @ts-expect-error it has no handler
  app.pythonAsgi("bare", {});
  app.pythonCls("Llm", { handler: "llm.py:Llm", pythonAsgi: "web", auth: "bearer" });
});
