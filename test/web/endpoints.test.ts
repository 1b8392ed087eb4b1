import { afterAll, beforeAll, expect, test } from "vitest";
import { type Served, serve } from "./served.ts";

let served: Served;
beforeAll(async () => {
  served = await serve("endpoints-app.ts");
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
});

async function get(name: string, path = "", init: RequestInit = {}): Promise<unknown[]> {
  const response = await fetch(served.url(name, path), init);
  const text = await response.text();
  return [response.status, text === "" ? undefined : (JSON.parse(text) as unknown)];
}

const post = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

test("an endpoint answers with what its handler returns, and is given query and headers", async () => {
  const answer = await get("echo", "/?a=1&b=x&b=y%20z&__proto__=1", {
    headers: { "x-agent": "test" },
  });

  expect(answer).toEqual([
    200,
    { query: { a: "1", b: ["x", "y z"], ["__proto__"]: "1" }, agent: "test" },
  ]);
});

test("path, query and body arrive as the schemas made them, and handlers call other functions", async () => {
  const answer = await get("users", "/users/a%2Fb/c/d?page=3", post({ n: 21, tags: ["x"] }));

  expect(answer).toEqual([200, { id: "a/b", rest: "c/d", page: 3, tags: ["x"], twice: 42 }]);
});

test("a request that is not valid gets 400 with every problem in it", async () => {
  const [status, body] = await get("users", "/users/1/x?page=no", post({ n: "1", tags: [2] }));

  expect(status).toBe(400);
  expect(body).toMatchObject({
    error: {
      code: "WINDLASS_INVALID_REQUEST",
      problems: [
        { in: "query", path: "page" },
        { in: "body", path: "n" },
        { in: "body", path: "tags.0" },
      ],
    },
  });
});

test("a body that is no JSON, or of another type, is refused", async () => {
  const headers = { "content-type": "application/json" };
  const broken = await get("users", "/users/1/x", { method: "POST", headers, body: "{" });
  const image = { method: "POST", headers: { "content-type": "image/png" }, body: "x" };
  const other = await get("users", "/users/1/x", image);

  expect(broken).toMatchObject([400, { error: { code: "WINDLASS_INVALID_JSON" } }]);
  expect(other).toMatchObject([415, { error: { code: "WINDLASS_UNSUPPORTED_MEDIA_TYPE" } }]);
});

test("forms and files arrive as bodies", async () => {
  const plain = await get("forms", "", {
    method: "POST",
    body: new URLSearchParams([
      ["a", "1"],
      ["b", "2"],
      ["b", "3"],
    ]),
  });
  const form = new FormData();
  form.append("title", "ö");
  form.append("file", new File(["content"], "notes.txt"));
  const withFile = await get("forms", "", { method: "POST", body: form });

  expect(plain).toEqual([200, { fields: { a: "1", b: ["2", "3"] } }]);
  expect(withFile).toEqual([
    200,
    { fields: { title: "ö" }, file: { name: "notes.txt", text: "content" } },
  ]);
});

test("what a handler returns decides what is answered", async () => {
  const answer = async (kind: string): Promise<unknown[]> => {
    const response = await fetch(served.url("results", `/${kind}`));
    return [response.status, response.headers.get("content-type"), await response.text()];
  };

  expect(await answer("nothing")).toEqual([204, null, ""]);
  expect(await answer("null")).toEqual([200, "application/json", "null"]);
  expect(await answer("text")).toEqual([200, "application/json", '"text"']);
  expect(await answer("bytes")).toEqual([200, "application/octet-stream", "\u0001\u0002\u0003"]);
  expect(await answer("stream")).toEqual([200, "application/octet-stream", "streamed"]);
  const made = await fetch(served.url("results", "/response"));
  expect([made.status, made.headers.getSetCookie(), await made.text()]).toEqual([
    201,
    ["a=1", "b=2"],
    "made",
  ]);
});

test("an error that is meant for the client reaches it, and no other does", async () => {
  expect(await get("results", "/missing")).toEqual([
    404,
    { error: { code: "WINDLASS_HTTP_ERROR", message: "there is no such thing" } },
  ]);
  const [status, body] = await get("results", "/other");
  expect(status).toBe(500);
  expect(JSON.stringify(body)).not.toContain("secret");
  await served.running.seen(/a secret reason/);
});

test("what an endpoint does not answer says what it does", async () => {
  const wrong = await fetch(served.url("users", "/users/1/x"));

  expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "POST"]);
  expect(await get("users", "/nothing")).toMatchObject([
    404,
    { error: { code: "WINDLASS_NO_SUCH_PATH" } },
  ]);
  const head = await fetch(served.url("echo"), { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
});

test("items of a generator are server-sent events, and its failure is the last of them", async () => {
  const whole = await fetch(served.url("events", "/3"));
  expect(whole.headers.get("content-type")).toBe("text/event-stream");
  expect(await whole.text()).toBe('data: {"n":0}\n\ndata: {"n":1}\n\ndata: {"n":2}\n\n');

  const failing = await (await fetch(served.url("events", "/2"))).text();
  expect(failing).toMatch(/^data: \{"n":0\}\n\ndata: \{"n":1\}\n\nevent: error\n/);
  expect(failing).not.toContain("secret");
});

test("an upload is streamed: its container never holds all of it", async () => {
  const MIB = 1024 * 1024;
  let left = 200;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left === 0) controller.close();
      else controller.enqueue(new Uint8Array(MIB));
      left -= 1;
    },
  });

  const response = await fetch(served.url("uploads"), {
    method: "PUT",
    body,
    duplex: "half",
  } as RequestInit);
  const { bytes, most } = (await response.json()) as { bytes: number; most: number };

  expect(bytes).toBe(200 * MIB);
  expect(most).toBeLessThan(100 * MIB);
});

test("a client that goes away cancels its request, and so does the timeout", async () => {
  const controller = new AbortController();
  const gone = fetch(served.url("slow", "/gone"), { signal: controller.signal });
  const late = fetch(served.url("slow", "/late"));
  await get("slow", "/stopped");
  controller.abort();

  await expect(gone).rejects.toThrow();
  const answered = await late;
  expect([answered.status, await answered.json()]).toMatchObject([
    504,
    { error: { code: "WINDLASS_FUNCTION_TIMEOUT" } },
  ]);
  const [, { stopped, id }] = (await get("slow", "/stopped")) as [
    number,
    { stopped: number; id: string },
  ];
  expect(stopped).toBe(2);
  expect(id).toMatch(/^fc-/);
});

test("docs describe routes as OpenAPI 3.1", async () => {
  const [status, document] = await get("users", "/openapi.json");
  const page = await fetch(served.url("users", "/docs"));

  expect(status).toBe(200);
  expect(document).toMatchObject({
    openapi: "3.1.0",
    paths: {
      "/users/{id}/{rest}": {
        post: {
          parameters: [
            { name: "id", in: "path", required: true },
            { name: "rest", in: "path", required: true },
            { name: "page", in: "query", required: false, schema: { default: 1 } },
          ],
          requestBody: {
            content: { "application/json": { schema: { properties: { n: { type: "number" } } } } },
          },
        },
      },
    },
  });
  expect([page.status, page.headers.get("content-type")]).toEqual([
    200,
    "text/html; charset=utf-8",
  ]);
});

test("browsers may read answers of endpoints, or only pages of the origins that are listed", async () => {
  const origin = "https://other.com";
  const open = await fetch(served.url("echo"), { headers: { origin } });
  expect(open.headers.get("access-control-allow-origin")).toBe("*");

  const asked = (from: string): Promise<Response> =>
    fetch(served.url("secured"), {
      method: "OPTIONS",
      headers: {
        origin: from,
        "access-control-request-method": "GET",
        "access-control-request-headers": "authorization",
      },
    });
  const allowed = await asked("https://example.com");
  expect([
    allowed.status,
    allowed.headers.get("access-control-allow-origin"),
    allowed.headers.get("access-control-allow-headers"),
    allowed.headers.get("access-control-allow-credentials"),
  ]).toEqual([204, "https://example.com", "authorization", "true"]);
  expect((await asked(origin)).headers.get("access-control-allow-origin")).toBe(null);
});

test("methods of a class are endpoints of the object that its container has entered", async () => {
  expect(await get("Model", "/generate", post("hi"))).toEqual([200, "loaded: hi"]);
  expect(await get("Model", "/ping?a=1")).toEqual([200, { a: "1" }]);
});

test("requests and calls of one container take turns", async () => {
  expect(await get("callsModel")).toEqual([200, 1]);
});

test("code in containers knows the URLs of functions", async () => {
  expect(await get("asks")).toEqual([200, { url: served.url("echo") }]);
});
