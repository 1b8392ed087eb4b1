import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { appProject } from "../cli/cli.ts";
import { type Served, serveProject } from "./served.ts";

const FOLDER = join(import.meta.dirname, "python");
const MIB = 1024 * 1024;

let served: Served;
beforeAll(async () => {
  const files = readdirSync(FOLDER).filter((name) => /\.(py|ts)$/.test(name));
  const sources = files.map((name) => [name, readFileSync(join(FOLDER, name), "utf8")]);
  served = await serveProject(appProject(Object.fromEntries(sources), afterAll));
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
});

describe("an app of ASGI", () => {
  it("is given requests as they came", async () => {
    const response = await fetch(served.url("asgi", "/scope/%C3%B6?a=1&b=%20"), {
      headers: { "X-Custom": "1, 2" },
    });

    expect(await response.json()).toEqual({
      method: "GET",
      path: "/scope/ö",
      raw: "/scope/%C3%B6",
      query: "a=1&b=%20",
      http_version: "1.1",
      scheme: "http",
      root_path: "",
      client: "127.0.0.1",
      custom: [["x-custom", "1, 2"]],
      started: 1,
    });
  });

  it("answers with a status and headers of its own", async () => {
    const response = await fetch(served.url("asgi", "/headers"));

    const { status, headers } = response;
    expect([status, headers.getSetCookie(), headers.get("x-latin")]).toEqual([
      201,
      ["a=1", "b=2"],
      "é",
    ]);
    expect([headers.get("content-length"), await response.text()]).toEqual(["4", "made"]);
  });

  it("streams its answer while the request comes", async () => {
    const sent = new TransformStream<Uint8Array, Uint8Array>();
    const writer = sent.writable.getWriter();
    const body = { body: sent.readable, duplex: "half" } as RequestInit;
    const asked = fetch(served.url("asgi", "/echo"), { method: "POST", ...body });

    void writer.write(Buffer.from("one"));
    const reader = (await asked).body?.getReader();
    expect(String(Buffer.from((await reader?.read())?.value ?? []))).toBe("one");
    void writer.write(Buffer.from("two"));
    expect(String(Buffer.from((await reader?.read())?.value ?? []))).toBe("two");
    await writer.close();
    expect((await reader?.read())?.done).toBe(true);
  });

  it("takes an upload of 128 MiB without having it in memory", async () => {
    const response = await upload("asgi");

    const { size, peakMiB } = (await response.json()) as { size: number; peakMiB: number };
    expect(size).toBe(128 * MIB);
    expect(peakMiB).toBeLessThan(100);
  });

  it("sends 100 MiB no faster than its client reads them", async () => {
    const response = await fetch(served.url("asgi", "/download"));

    let size = 0;
    let last = "";
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      last = String(Buffer.from(chunk)).slice(-3);
    }
    expect(size).toBeGreaterThan(100 * MIB);
    expect(Number(last.replaceAll("\0", ""))).toBeLessThan(100);
  });

  it("sends server-sent events", async () => {
    const response = await fetch(served.url("asgi", "/events"));

    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(await response.text()).toBe("data: 0\n\ndata: 1\n\ndata: 2\n\n");
  });

  it("has its headers sent before there is a body, and is told when its client leaves", async () => {
    const leaving = new AbortController();

    const response = await fetch(served.url("asgi", "/early"), { signal: leaving.signal });
    expect(response.status).toBe(202);
    leaving.abort();

    await told("asgi", "early was left");
  });

  it.each(["endless", "deaf"])("is stopped when its client leaves: %s", async (name) => {
    const leaving = new AbortController();
    const asked = fetch(served.url("asgi", `/${name}`), { signal: leaving.signal });
    asked.catch(() => {});
    // Another request that is answered shows that it has begun.
    if (name === "endless") await asked;
    else await fetch(served.url("asgi", "/pid"));

    leaving.abort();

    await told("asgi", name === "endless" ? "endless was stopped" : "deaf was cancelled");
  });

  it.each(["fails", "fails-late", "nothing"])(
    "that %s is answered for, without a reason",
    async (name) => {
      const response = await fetch(served.url("asgi", `/${name}`));

      expect([response.status, await response.json()]).toEqual([500, FAILED]);
    },
  );

  it("that fails has its traceback in the log", async () => {
    await fetch(served.url("asgi", "/fails"));

    await served.running.seen(/ValueError: a secret reason/);
  });

  it.each(["fails-within", "short"])(
    "has an answer cut off that is not whole: %s",
    async (name) => {
      const read = async (): Promise<string> =>
        await (await fetch(served.url("asgi", `/${name}`))).text();

      await expect(read()).rejects.toThrow();
    },
  );

  it("has a call of its own for each request, and calls others", async () => {
    const context = await fetch(served.url("asgi", "/context"));
    const call = await fetch(served.url("asgi", "/call"));

    expect([await context.json(), await call.json()]).toEqual([["fc-", "in-", 0, true], 42]);
  });

  it("answers many at a time in one container", async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => fetch(served.url("asgi", "/pid"))),
    );
    const pids = await Promise.all(answers.map((answer) => answer.text()));

    expect(new Set(pids).size).toBe(1);
  });

  it("is out of time after timeoutSeconds, and its container goes on", async () => {
    const [late, alive] = await Promise.all([
      fetch(served.url("hasty", "/deaf")),
      fetch(served.url("hasty", "/pid")),
    ]);

    expect([late.status, await late.json()]).toMatchObject([
      504,
      { error: { code: "WINDLASS_FUNCTION_TIMEOUT" } },
    ]);
    expect(await (await fetch(served.url("hasty", "/tell"))).json()).toEqual([
      "deaf was cancelled",
    ]);
    expect(await (await fetch(served.url("hasty", "/pid"))).text()).toBe(await alive.text());
  });

  it("lets in who has a token", async () => {
    const response = await fetch(served.url("guarded", "/headers"), {
      headers: { origin: "https://example.com" },
    });

    const allowed = response.headers.get("access-control-allow-origin");
    expect([response.status, allowed]).toEqual([401, "*"]);
  });

  it("may be asked by a proxy, which names its host", async () => {
    const { hostname, port } = new URL(served.url("asgi"));
    const socket = connect(Number(port), hostname);
    socket.write("GET http://example.com/headers HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");

    const answer = await Readable.from(socket).toArray();

    expect(Buffer.concat(answer).toString()).toMatch(/^HTTP\/1\.1 201 Created/);
  });
});

describe("an app that cannot start", () => {
  it.each([
    ["unstarted", "WINDLASS_LIFESPAN_FAILED", "no database"],
    ["nothing", "WINDLASS_NOT_A_WEB_APP", "NoneType"],
    ["itself", "WINDLASS_NOT_A_WEB_APP", "scope, receive, send"],
    ["Unmarked", "WINDLASS_NO_SUCH_WEB_APP", '"web"'],
  ])("says why: %s", async (name, code, message) => {
    const response = await fetch(served.url(name));

    expect([response.status, await response.json()]).toEqual([
      503,
      { error: { code, message: expect.stringContaining(message) } },
    ]);
  });
});

describe("WebSockets of ASGI", () => {
  it("carry text and bytes both ways", async () => {
    const socket = await open(served.url("asgi", "/socket"));

    const large = Buffer.alloc(MIB, 7);
    expect(await echo(socket, "hellö")).toEqual([Buffer.from("hellö"), false]);
    const [echoed, isBinary] = await echo(socket, large);
    expect([echoed.equals(large), isBinary]).toEqual([true, true]);
    expect(await echo(socket, "")).toEqual([Buffer.alloc(0), false]);
  });

  it("carry thousands of messages in their order", async () => {
    const socket = await open(served.url("asgi", "/socket"));
    const texts = Array.from({ length: 5000 }, (_, n) => `message ${n}`);
    const got: string[] = [];
    const all = new Promise<void>((resolve) => {
      socket.on("message", (data) => {
        got.push(String(data));
        if (got.length === texts.length) resolve();
      });
    });

    for (const text of texts) socket.send(text);
    await all;

    expect(got).toEqual(texts);
  });

  it("agree on a subprotocol, and have headers of the app", async () => {
    const url = served.url("asgi", "/socket").replace("http", "ws");
    const socket = new WebSocket(url, ["v1", "v2"]);
    const [[response]] = await Promise.all([once(socket, "upgrade"), once(socket, "open")]);

    expect([socket.protocol, response.headers["x-scheme"]]).toEqual(["v2", "ws"]);
  });

  it("are closed by the app with a code and a reason", async () => {
    const socket = await open(served.url("asgi", "/socket"));

    socket.send("close");
    const [code, reason] = await once(socket, "close");

    expect([code, String(reason)]).toEqual([4001, "as asked"]);
  });

  it("tell the app how their client left", async () => {
    const socket = await open(served.url("asgi", "/socket"));

    socket.close(4002, "enough");

    await told("asgi", "socket left with 4002 enough");
  });

  it("end with an error when the app fails", async () => {
    const socket = await open(served.url("asgi", "/socket"));

    socket.send("fail");
    const [code] = await once(socket, "close");

    expect(code).toBe(1011);
  });

  it.each([
    ["/refuses", 403, ""],
    ["/answers", 418, "no sockets here"],
    ["/fails", 500, ""],
  ])("are refused as the app says: %s", async (path, status, body) => {
    const socket = new WebSocket(served.url("asgi", path).replace("http", "ws"));
    const [, response] = await once(socket, "unexpected-response");

    const text = Buffer.concat(await response.toArray()).toString();

    expect([response.statusCode, text]).toEqual([status, body]);
  });
});

describe("an app of WSGI", () => {
  it("is given requests as they came", async () => {
    const response = await fetch(served.url("wsgi", "/show/%C3%B6?a=1"), {
      method: "POST",
      body: "x",
      headers: [
        ["x-twice", "1"],
        ["x-twice", "2"],
        ["content-type", "text/x"],
      ],
    });

    expect(await response.json()).toEqual({
      REQUEST_METHOD: "POST",
      QUERY_STRING: "a=1",
      REMOTE_ADDR: "127.0.0.1",
      HTTP_X_TWICE: "1, 2",
      CONTENT_TYPE: "text/x",
      SERVER_PROTOCOL: "HTTP/1.1",
      path: "/show/ö",
      threads: true,
      call: "fc-",
    });
  });

  it("answers with a status and headers of its own, and what it writes", async () => {
    const made = await fetch(served.url("wsgi", "/headers"));
    const written = await fetch(served.url("wsgi", "/written"));
    const excused = await fetch(served.url("wsgi", "/excused"));

    expect([made.status, made.headers.getSetCookie(), await made.text()]).toEqual([
      201,
      ["a=1", "b=2"],
      "made",
    ]);
    expect(await written.text()).toBe("written and given");
    expect([excused.status, await excused.text()]).toEqual([503, "excused"]);
    await told("wsgi", "written was closed");
  });

  it("reads a body as a file, and streams its answer", async () => {
    const lines = await fetch(served.url("wsgi", "/lines"), { method: "POST", body: "a\nb\nc" });
    const body = Buffer.alloc(3 * MIB, "x");
    const echoed = await fetch(served.url("wsgi", "/echo"), { method: "POST", body });

    expect(await lines.json()).toEqual(["a\n", "b\n", "c"]);
    expect(Buffer.from(await echoed.arrayBuffer()).equals(body)).toBe(true);
  });

  it("takes an upload of 128 MiB without having it in memory", async () => {
    const response = await upload("wsgi");

    const { size, peakMiB } = (await response.json()) as { size: number; peakMiB: number };
    expect(size).toBe(128 * MIB);
    expect(peakMiB).toBeLessThan(100);
  });

  it.each([
    ["endless", "endless was closed"],
    ["busy", "busy was interrupted"],
  ])("is stopped when its client leaves: %s", async (name, event) => {
    const leaving = new AbortController();
    const asked = fetch(served.url("wsgi", `/${name}`), { signal: leaving.signal });
    asked.catch(() => {});
    if (name === "endless") await asked;
    else await fetch(served.url("wsgi", "/headers"));

    leaving.abort();

    await told("wsgi", event);
  });

  it("is out of time after timeoutSeconds", async () => {
    const late = await fetch(served.url("hastyWsgi", "/busy"));

    expect(late.status).toBe(504);
    await told("hastyWsgi", "busy was interrupted");
  });

  it("that fails is answered for, without a reason", async () => {
    const response = await fetch(served.url("wsgi", "/fails"));

    expect([response.status, await response.json()]).toEqual([500, FAILED]);
  });

  it("answers several at a time", async () => {
    const both = await Promise.all([1, 2].map(() => fetch(served.url("wsgi", "/together"))));

    expect(await Promise.all(both.map((one) => one.text()))).toEqual(["together", "together"]);
  });
});

describe("classes", () => {
  it("make their app once their object has entered", async () => {
    const first = await fetch(served.url("Site"));
    const second = await fetch(served.url("Site"));
    const wsgi = await fetch(served.url("Wsgi"));

    expect([await first.text(), await second.text(), await wsgi.text()]).toEqual([
      "hello! 1",
      "hello! 2",
      "hello",
    ]);
  });

  it("answer calls in the container that answers requests", async () => {
    const first = await (await fetch(served.url("Site"))).text();

    const seen = await (await fetch(served.url("asgi", "/seen"))).json();

    expect(`hello! ${seen}`).toBe(first);
  });
});

it("saved Python is served at once, and what was served ends as it should", async () => {
  await fetch(served.url("Site"));
  const file = join(served.root, "asgi.py");

  writeFileSync(
    file,
    readFileSync(file, "utf8").replace('greeting="hello"', 'greeting="good day"'),
  );
  await served.running.seen(/reloaded/);

  expect(await (await fetch(served.url("Site"))).text()).toMatch(/^good day!/);
  await served.running.seen(/lifespan is over/);
  await served.running.seen(/the object leaves/);
});

const FAILED = {
  error: {
    code: "WINDLASS_WEB_APP_FAILED",
    message: "the web app failed; its log says why",
  },
};

function upload(name: string): Promise<Response> {
  const parts = Readable.from(Array.from({ length: 128 }, () => Buffer.alloc(MIB, 1)));
  const body = { body: Readable.toWeb(parts), duplex: "half" } as RequestInit;
  return fetch(served.url(name, "/count"), { method: "POST", ...body });
}

/** Resolves once the app tells of an event. */
async function told(name: string, event: string): Promise<void> {
  for (;;) {
    const events = (await (await fetch(served.url(name, "/tell"))).json()) as string[];
    if (events.includes(event)) return;
  }
}

async function open(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url.replace("http", "ws"));
  await once(socket, "open");
  return socket;
}

async function echo(socket: WebSocket, data: string | Buffer): Promise<[Buffer, boolean]> {
  socket.send(data);
  return (await once(socket, "message")) as [Buffer, boolean];
}
