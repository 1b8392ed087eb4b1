import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Served, serve } from "./served.ts";

let served: Served;
beforeAll(async () => {
  served = await serve("apps-app.ts");
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
});

test("an app of Hono answers as it is", async () => {
  const hello = await fetch(served.url("hono"));
  const echo = await fetch(served.url("hono", "/echo"), { method: "POST", body: "ö" });
  const failing = await fetch(served.url("hono", "/fails"));

  expect(await hello.json()).toEqual({ hello: "hono" });
  expect(await echo.text()).toBe("ö");
  expect([failing.status, (await failing.text()).includes("secret")]).toEqual([500, false]);
});

test("an app of Express answers behind nodeListener", async () => {
  const response = await fetch(served.url("site"), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"n":1}',
  });

  expect([response.status, response.headers.get("set-cookie"), await response.json()]).toEqual([
    201,
    "a=1; Path=/",
    { got: { n: 1 } },
  ]);
});

test("a function that speaks fetch is an app", async () => {
  const response = await fetch(served.url("fetcher"), { method: "DELETE" });

  expect(await response.text()).toBe("DELETE");
});

test("a factory that gives no app says what it should have given", async () => {
  const response = await fetch(served.url("nothing"));

  expect([response.status, await response.json()]).toMatchObject([
    503,
    { error: { code: "WINDLASS_NOT_A_WEB_APP" } },
  ]);
});

test("a method of a class makes the app of its object", async () => {
  await fetch(served.url("Site"));

  expect(await (await fetch(served.url("Site", "/a/b"))).json()).toEqual({ path: "/a/b", hits: 2 });
});

test("a server process is passed requests with who asked", async () => {
  const response = await fetch(served.url("server"), { method: "POST", body: "streamed" });

  expect([response.headers.get("x-forwarded"), await response.text()]).toEqual([
    "http",
    "streamed",
  ]);
});

test("a server that dies fails the request that it was given, and the next starts another", async () => {
  await expect(fetch(served.url("server", "/dies"))).rejects.toThrow();

  const again = async (): Promise<string> => {
    const response = await fetch(served.url("server"), { method: "POST", body: "again" });
    return await response.text();
  };
  // What is sent to a container that dies is lost with it.
  for (;;) {
    const answer = await again().catch(() => undefined);
    if (answer === undefined) continue;
    expect(answer).toBe("again");
    return;
  }
});

test.each([
  ["hono", "/socket", ""],
  ["server", "", "s:"],
])("WebSockets of %s carry messages both ways", async (name, path, prefix) => {
  const sockets = Array.from({ length: 50 }, () => open(served.url(name, path)));

  const echoes = await Promise.all(
    sockets.map(async (opening, n) => {
      const socket = await opening;
      socket.send(String(n));
      const [data] = await once(socket, "message");
      socket.close();
      return String(data);
    }),
  );

  expect(echoes).toEqual(sockets.map((_, n) => `${prefix}${n}`));
});

test("a WebSocket where none is answered is refused", async () => {
  const socket = new WebSocket(served.url("fetcher").replace("http", "ws"));

  const [error] = (await once(socket, "error")) as [Error];

  expect(error.message).toBe("Unexpected server response: 200");
});

async function open(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url.replace("http", "ws"));
  await once(socket, "open");
  return socket;
}
