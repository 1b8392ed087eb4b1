import { expect, test } from "vitest";
import { App, resolveSpec } from "windlass";
import { z } from "zod";
import { mistake } from "./mistake.ts";

const endpointMistakes = (...rows: readonly object[]): string =>
  rows
    .map((options) => mistake(() => new App("media").endpoint("thumb", options, () => 1)))
    .join("\n\n");

test("options of an endpoint that are wrong say what is right", () => {
  expect(
    endpointMistakes(
      { method: "post" },
      { method: "TRACE" },
      { path: "users" },
      { path: "/a//b" },
      { path: "/:id/:id" },
      { body: z.string() },
      { method: "POST", body: { type: "string" } },
      { query: "page" },
      { docs: "yes" },
      { auth: "basic" },
      { cors: { origins: ["example.com"] } },
      { cors: { credentials: true } },
      { retries: 3 },
      { routes: "/" },
    ),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_METHOD
    \`method\` of endpoint "thumb" must be "GET", "POST", "PUT", "PATCH" or "DELETE", got "post"
    hint: write \`method: "POST"\`

    InvalidError WINDLASS_INVALID_METHOD
    \`method\` of endpoint "thumb" must be "GET", "POST", "PUT", "PATCH" or "DELETE", got "TRACE"
    hint: leave it out for "GET"

    InvalidError WINDLASS_INVALID_PATH
    \`path\` of endpoint "thumb" must begin with "/" and have no empty segments, got "users"
    hint: write for instance "/users/:id", or "/files/*" for all that is below

    InvalidError WINDLASS_INVALID_PATH
    \`path\` of endpoint "thumb" must begin with "/" and have no empty segments, got "/a//b"
    hint: write for instance "/users/:id", or "/files/*" for all that is below

    InvalidError WINDLASS_PATH_NAME_TWICE
    \`path\` of endpoint "thumb" has ":id" twice: /:id/:id
    hint: give each of them a name of its own

    InvalidError WINDLASS_BODY_OF_GET
    endpoint "thumb" has a \`body\`, which requests of the method GET do not have
    hint: add \`method: "POST"\` (one of POST, PUT, PATCH, DELETE), or use \`query\`

    InvalidError WINDLASS_INVALID_SCHEMA
    \`body\` of endpoint "thumb" must be a Standard Schema, got {"type":"string"}
    hint: build it with a schema library, for instance \`z.object({ n: z.coerce.number() })\` of zod

    InvalidError WINDLASS_INVALID_SCHEMA
    \`query\` of endpoint "thumb" must be a Standard Schema, got "page"
    hint: build it with a schema library, for instance \`z.object({ n: z.coerce.number() })\` of zod

    InvalidError WINDLASS_NOT_A_BOOLEAN
    \`docs\` of endpoint "thumb" must be true or false, got "yes"
    hint: write \`true\` or \`false\`

    InvalidError WINDLASS_INVALID_AUTH
    \`auth\` of endpoint "thumb" must be "none", "bearer", "iam" or \`{ jwt: { issuer, audience } }\`, got "basic"
    hint: write \`auth: "bearer"\` for tokens of \`windlass token create\`

    InvalidError WINDLASS_INVALID_CORS
    \`cors\` of endpoint "thumb" must be true, false or \`{ origins, credentials }\`, got {"origins":["example.com"]}
    hint: write origins as browsers send them, for instance "https://example.com"

    InvalidError WINDLASS_CORS_CREDENTIALS
    \`cors\` of endpoint "thumb" takes credentials from every origin, which browsers refuse
    hint: list the \`origins\`

    InvalidError WINDLASS_OPTION_NOT_OF_WEB
    \`retries\` is not an option of endpoint "thumb": it applies to calls, not to requests
    hint: remove it, or let the handler call a function that has it

    InvalidError WINDLASS_OPTION_UNKNOWN
    \`routes\` is not an option of endpoint "thumb"
    hint: use one of \`method\`, \`path\`, \`query\`, \`body\`, \`docs\`, \`auth\`, \`cors\`, \`sticky\`, \`gpu\`, \`cpu\`, \`memoryMiB\`, \`ephemeralDiskGiB\`, \`timeoutSeconds\`, \`startupTimeoutSeconds\`, \`minContainers\`, \`maxContainers\`, \`bufferContainers\`, \`scaledownWindowSeconds\`, \`concurrency\`, \`image\`, \`env\`, \`secrets\`, \`volumes\`, \`enableMemorySnapshot\`, \`snapshotCaches\`, \`blockNetwork\`, \`nonpreemptible\`, \`spot\`, \`uses\` or \`events\`"
  `);
});

test("who is let in by JSON Web Tokens says what is wrong with it", () => {
  const define = (auth: unknown) => () =>
    new App("media").endpoint("thumb", { auth: auth as "none" }, () => 1);
  const issuer = "https://id.example.com";

  expect(
    [
      define({ oidc: {} }),
      define({ jwt: "https://id.example.com" }),
      define({ jwt: { issuer, audience: "shop", realm: "x" } }),
      define({ jwt: { issuer: "http://id.example.com", audience: "shop" } }),
      define({ jwt: { issuer: "my issuer", audience: "shop", jwksUrl: "keys.json" } }),
      define({ jwt: { issuer, audience: [] } }),
      define({ jwt: { issuer, audience: "shop", claims: { admin: true } } }),
    ]
      .map(mistake)
      .join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_AUTH
    \`auth\` of endpoint "thumb" must be "none", "bearer", "iam" or \`{ jwt: { issuer, audience } }\`, got {"oidc":{}}
    hint: write \`auth: "bearer"\` for tokens of \`windlass token create\`

    InvalidError WINDLASS_OPTIONS_NOT_AN_OBJECT
    options of \`jwt\` of \`auth\` of endpoint "thumb" must be an object, got "https://id.example.com"
    hint: write them as \`{ issuer: … }\`

    InvalidError WINDLASS_OPTION_UNKNOWN
    \`realm\` is not an option of \`jwt\` of \`auth\` of endpoint "thumb"
    hint: use one of \`issuer\`, \`audience\`, \`jwksUrl\` or \`claims\`

    InvalidError WINDLASS_INVALID_JWT_URL
    \`jwt.issuer\` of \`auth\` of endpoint "thumb" must be a URL that begins with https://, got "http://id.example.com"
    hint: write what the \`iss\` of its tokens is; one that is no URL needs a \`jwksUrl\`

    InvalidError WINDLASS_INVALID_JWT_URL
    \`jwt.jwksUrl\` of \`auth\` of endpoint "thumb" must be a URL that begins with https://, got "keys.json"
    hint: write where the issuer publishes its keys

    InvalidError WINDLASS_INVALID_JWT_AUDIENCE
    \`jwt.audience\` of \`auth\` of endpoint "thumb" must be a text or several, got []
    hint: write what the \`aud\` of tokens for this app is: a token for another must not be let in

    InvalidError WINDLASS_INVALID_JWT_CLAIMS
    \`jwt.claims\` of \`auth\` of endpoint "thumb" must have a text or several for each name, got {"admin":true}
    hint: write for instance \`claims: { scope: "jobs:run" }\`"
  `);
});

test("a web server needs a port, and each of them a function", () => {
  const app = new App("media");
  expect(
    [
      () => app.webServer("llm", {} as never, () => {}),
      () => app.webServer("llm", { port: 70_000 }, () => {}),
      () => app.webApp("site", {}, {} as never),
      () => app.endpoint("t h", () => 1),
    ]
      .map(mistake)
      .join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_PORT
    \`port\` of web server "llm" must be a whole number from 1 to 65535, got undefined
    hint: write where the server listens, for instance \`port: 8000\`

    InvalidError WINDLASS_INVALID_PORT
    \`port\` of web server "llm" must be a whole number from 1 to 65535, got 70000
    hint: write where the server listens, for instance \`port: 8000\`

    InvalidError WINDLASS_HANDLER_NOT_A_FUNCTION
    the handler of web app "site" must be a function, got {}
    hint: pass the function as the last argument

    InvalidError WINDLASS_INVALID_NAME
    the name of an endpoint must be 1 to 64 letters, digits, _ or -, got "t h"
    hint: name it with the first argument, for instance "resize-image""
  `);
});

test("endpoints of a class are methods of it, each with a route of its own", () => {
  class Llm {
    generate(prompt: string) {
      return prompt;
    }
    other(prompt: string) {
      return prompt;
    }
  }
  const define = (options: object) => () => new App("media").cls("Llm", options, Llm);

  expect(
    [
      define({ endpoints: { generat: {} } }),
      define({ endpoints: { generate: { verb: "GET" } } }),
      define({ endpoints: { generate: { path: "/x/:a" }, other: { path: "/x/:b" } } }),
      define({ webApp: "fetch" }),
      define({ webApp: "other", endpoints: { generate: {} } }),
      define({ auth: "bearer" }),
    ]
      .map(mistake)
      .join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_OPTION_UNKNOWN
    \`generat\` is not an option of \`endpoints\` of class "Llm"
    hint: did you mean \`generate\`?

    InvalidError WINDLASS_OPTION_UNKNOWN
    \`verb\` is not an option of endpoint "generate" of class "Llm"
    hint: use one of \`method\`, \`path\`, \`query\`, \`body\` or \`docs\`

    InvalidError WINDLASS_ROUTE_TWICE
    endpoints "generate" and "other" of class "Llm" answer the same requests: GET /x/:b
    hint: give one of them another \`path\`

    InvalidError WINDLASS_INVALID_WEB_APP
    \`webApp\` of class "Llm" must be the name of a method, "generate" or "other", got "fetch"
    hint: name the method that returns the web app

    InvalidError WINDLASS_TWO_WEBS
    class "Llm" has both \`endpoints\` and \`webApp\`, which would answer the same requests
    hint: let the web app have those routes

    InvalidError WINDLASS_ACCESS_WITHOUT_WEB
    \`auth\` of class "Llm" is about requests, but it has neither \`endpoints\` nor \`webApp\`
    hint: add one of them, or remove it"
  `);
});

test("a class that answers requests says by a schema which parameters they may say", () => {
  const options = { endpoints: { generate: {} } };
  class Needy {
    readonly model: string;
    constructor({ model }: { model: string }) {
      this.model = model;
    }
    generate() {}
  }
  class Content {
    readonly model: string;
    constructor({ model } = { model: "small" }) {
      this.model = model;
    }
    generate() {}
  }
  const app = new App("media");
  app.cls("Content", options, Content);
  app.cls(
    "Schema",
    { ...options, params: z.object({ model: z.string().default("small") }) },
    Needy,
  );

  expect([() => app.cls("Needy", options, Needy)].map(mistake).join("\n\n")).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_WEB_CLASS_PARAMS
    class "Needy" answers requests, and its constructor takes parameters, but no schema says which
    hint: give it \`params\`, a schema of what requests may say in their query"
  `);
});

test("a spec has what answers requests, resolved", () => {
  const app = new App("media");
  app.endpoint(
    "thumb",
    { method: "POST", path: "/:id", body: z.object({ n: z.number() }) },
    () => 1,
  );
  app.webApp("site", { cors: { origins: ["https://b.com", "https://a.com"] } }, () => fetch);
  app.webServer("llm", { port: 8000, auth: "bearer" }, () => {});
  app.cls(
    "Llm",
    { endpoints: { generate: { docs: true } } },
    class {
      generate() {}
    },
  );
  const jwt = { issuer: "me", audience: "shop", jwksUrl: "http://localhost:1/keys" };
  app.webApp(
    "staff",
    { auth: { jwt: { ...jwt, claims: { scope: "b", group: ["a"] } } } },
    () => fetch,
  );
  app.webApp("own", { auth: "iam" }, () => fetch);
  app.server("game", { port: 7000, sticky: true }, () => {});
  app.cls(
    "Sized",
    { params: z.object({ size: z.number() }), endpoints: { show: {} } },
    class {
      show() {}
    },
  );

  const web = resolveSpec(app).functions.map(({ name, web }) => [name, web]);

  expect(Object.fromEntries(web)).toEqual({
    thumb: {
      kind: "endpoints",
      auth: "none",
      ...{ cors: { origins: null, credentials: false }, sticky: false, params: null },
      docs: false,
      routes: [
        {
          ...{ method: "POST", path: "/:id", target: null, query: null },
          body: expect.objectContaining({ properties: { n: { type: "number" } } }),
        },
      ],
    },
    site: {
      ...{ kind: "app", auth: "none", target: null },
      ...{
        cors: { origins: ["https://a.com", "https://b.com"], credentials: false },
        sticky: false,
        params: null,
      },
    },
    llm: {
      kind: "server",
      auth: "bearer",
      cors: null,
      sticky: false,
      params: null,
      isQueued: true,
      port: 8000,
    },
    Llm: {
      ...{ kind: "endpoints", auth: "none", cors: { origins: null, credentials: false } },
      sticky: false,
      params: null,
      docs: true,
      routes: [{ method: "GET", path: "/generate", target: "generate", query: null, body: null }],
    },
    staff: {
      ...{ kind: "app", target: null, cors: null, sticky: false, params: null },
      auth: { jwt: { ...jwt, audience: ["shop"], claims: { group: ["a"], scope: ["b"] } } },
    },
    game: {
      ...{ kind: "server", auth: "none", cors: null, sticky: true, params: null },
      ...{ port: 7000, isQueued: false },
    },
    Sized: expect.objectContaining({
      params: expect.objectContaining({ properties: { size: { type: "number" } } }),
    }),
    own: { kind: "app", auth: "iam", cors: null, sticky: false, params: null, target: null },
  });
});

test("web apps in Python say what is wrong with them", () => {
  const define = (options: object) => () =>
    new App("media").pythonAsgi("api", options as { readonly handler: string });
  const defineCls = (options: object) => () =>
    new App("media").pythonCls("Llm", { handler: "llm.py:Llm", ...options });

  expect(
    [
      define({}),
      define({ handler: "api.py:make", retries: 3 }),
      define({ handler: "api.py:make", atuh: "bearer" }),
      define({ handler: "api.py:make", cors: "yes" }),
      defineCls({ pythonAsgi: "not a name" }),
      defineCls({ pythonAsgi: "web", pythonWsgi: "other" }),
      defineCls({ pythonWsgi: "web", batch: { maxSize: 2, waitMs: 1 } }),
      defineCls({ auth: "bearer" }),
      defineCls({ params: z.object({}) }),
      defineCls({ pythonAsgi: "web", params: { size: "number" } }),
    ]
      .map(mistake)
      .join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_PYTHON_HANDLER
    \`handler\` of web app "api" must be a relative path of a .py file, a colon and a name in it, got undefined
    hint: write for instance \`handler: "whisper.py:transcribe"\`

    InvalidError WINDLASS_OPTION_NOT_OF_WEB
    \`retries\` is not an option of web app "api": it applies to calls, not to requests
    hint: remove it, or let the handler call a function that has it

    InvalidError WINDLASS_OPTION_UNKNOWN
    \`atuh\` is not an option of web app "api"
    hint: did you mean \`auth\`?

    InvalidError WINDLASS_INVALID_CORS
    \`cors\` of web app "api" must be true, false or \`{ origins, credentials }\`, got "yes"
    hint: write origins as browsers send them, for instance "https://example.com"

    InvalidError WINDLASS_INVALID_WEB_APP
    \`pythonAsgi\` of class "Llm" must be the name of a method, got "not a name"
    hint: name the method that returns the web app

    InvalidError WINDLASS_TWO_WEBS
    class "Llm" has both \`pythonAsgi\` and \`pythonWsgi\`, which would answer the same requests
    hint: mount one app in the other

    InvalidError WINDLASS_OPTION_NOT_OF_WEB
    \`batch\` is not an option of class "Llm": it applies to calls, not to requests
    hint: remove it, or let the handler call a function that has it

    InvalidError WINDLASS_ACCESS_WITHOUT_WEB
    \`auth\` of class "Llm" is about requests, but it has neither \`pythonAsgi\` nor \`pythonWsgi\`
    hint: add one of them, or remove it

    InvalidError WINDLASS_ACCESS_WITHOUT_WEB
    \`params\` of class "Llm" is about requests, but it has neither \`pythonAsgi\` nor \`pythonWsgi\`
    hint: add one of them, or remove it

    InvalidError WINDLASS_INVALID_SCHEMA
    \`params\` of class "Llm" must be a Standard Schema, got {"size":"number"}
    hint: build it with a schema library, for instance \`z.object({ n: z.coerce.number() })\` of zod"
  `);
});

test("a spec has web apps in Python", () => {
  const app = new App("media");
  const handler = "../python/functions.py:made";
  app.pythonAsgi("api", { handler, auth: "bearer", concurrency: { maxInputs: 100 } });
  app.pythonWsgi("site", { handler, cors: true });
  app.pythonCls("Llm", { handler, pythonAsgi: "web" });
  app.pythonCls("Plain", { handler });

  const web = resolveSpec(app).functions.map(({ name, web }) => [name, web]);

  expect(Object.fromEntries(web)).toEqual({
    api: { kind: "asgi", auth: "bearer", cors: null, sticky: false, params: null, target: null },
    site: {
      ...{ kind: "wsgi", auth: "none", target: null },
      ...{ cors: { origins: null, credentials: false }, sticky: false, params: null },
    },
    Llm: { kind: "asgi", auth: "none", cors: null, sticky: false, params: null, target: "web" },
    Plain: null,
  });
});
