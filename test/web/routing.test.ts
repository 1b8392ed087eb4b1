import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { tempProject } from "../bundle/temp-project.ts";
import { app } from "./routing/app.ts";
import { type ServedEngine, serveEngine } from "./served-engine.ts";

const MIB = 1024 * 1024;

let served: ServedEngine;
beforeAll(async () => {
  served = await serveEngine(app, tempProject({}, afterAll));
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
});

async function get(name: string, path = "/"): Promise<unknown[]> {
  const response = await fetch(served.url(name, path));
  return [response.status, await response.json()];
}

/** A connection on which this has been written. */
function open(name: string, written: string): Socket {
  const { port } = new URL(served.url(name));
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(written);
  return socket;
}

describe("a class with parameters", () => {
  it("has an object for each set of them that requests say", async () => {
    const [, one] = (await get("Sized", "/show")) as [number, { id: string }];
    const [, two] = (await get("Sized", "/show?size=2&isWide=true&q=x&tags=a&tags=b")) as [
      number,
      { id: string },
    ];
    const [, again] = (await get("Sized", "/show?tags=a&tags=b&isWide=true&size=2")) as [
      number,
      { id: string },
    ];

    expect(one).toMatchObject({ params: { size: 1 }, query: {} });
    expect(two).toMatchObject({
      params: { size: 2, isWide: true, tags: ["a", "b"] },
      query: { q: "x" },
    });
    expect(again.id).toBe(two.id);
    expect(one.id).not.toBe(two.id);
  });

  it("answers what its schema refuses with all problems, and starts nothing", async () => {
    const before = served.engine.snapshot().length;

    expect(await get("Sized", "/show?size=six&isWide=yes")).toMatchObject([
      400,
      {
        error: {
          code: "WINDLASS_INVALID_REQUEST",
          problems: [
            { in: "query", path: "size" },
            { in: "query", path: "isWide" },
          ],
        },
      },
    ]);
    expect(await get("Named", "/")).toMatchObject([
      400,
      { error: { problems: [{ path: "name" }] } },
    ]);
    expect(served.engine.snapshot().length).toBe(before);
  });

  it("may answer with a web app, which has the whole query", async () => {
    const response = await fetch(served.url("Named", "/x?name=ada&other=1"));

    expect(await response.text()).toBe("ada ?name=ada&other=1");
    expect(response.headers.get("connection")).toBe("close");
  });

  it("may be written in Python", async () => {
    const answer = async (path: string): Promise<string> =>
      (await fetch(served.url("Python", path))).text();

    expect(await answer("/?factor=2.5&x=1")).toBe("2.5 factor=2.5&x=1");
    expect(await answer("/")).toBe("1 ");
    expect(await get("Python", "/?factor=x")).toMatchObject([400, {}]);
  });

  it("is given all of an upload, however its bytes come", async () => {
    const response = await fetch(served.url("Sized", "/take?size=3"), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text: "x".repeat(5 * MIB) }),
    });
    expect(await response.json()).toEqual({ params: { size: 3 }, length: 5 * MIB });

    const socket = open("Sized", "GET /show?size=3 HT");
    await new Promise((resolve) => socket.once("ready", resolve));
    socket.write("TP/1.1\r\nhost: x\r");
    socket.write("\n\r\n");
    expect(await text(socket)).toContain('"size":3');
  });

  it("answers the first request of a connection alone: the next may be for another object", async () => {
    const request = (size: number): string => `GET /show?size=${size} HTTP/1.1\r\nhost: x\r\n\r\n`;

    const answers = await text(open("Sized", request(1) + request(2)));

    expect(answers.match(/"size":\d/g)).toEqual(['"size":1']);
    expect(answers).toMatch(/^connection: close\r$/im);
  });
});

describe("a function with sticky requests", () => {
  it.each(["sticky", "stickyAsgi"])("answers each client of %s in its container", async (name) => {
    const url = served.url(name);
    const first = await fetch(url);
    const [cookie = "", ...others] = first.headers
      .getSetCookie()
      .toSorted((one, other) => other.length - one.length);
    const container = await first.text();
    expect(others).toEqual(["own=1"]);
    expect(cookie).toBe(`windlass-container=${container}; Path=/; HttpOnly; SameSite=Lax`);

    for (let count = 0; count < 5; count += 1) {
      const headers = { cookie: `a=1; windlass-container=${container}`, connection: "close" };
      const next = await fetch(url, { headers });
      expect([await next.text(), next.headers.getSetCookie()]).toEqual([container, ["own=1"]]);
    }
  });

  it("finds that container among others", async () => {
    const containers = (): readonly string[] =>
      served.engine
        .snapshot()
        .filter((pool) => pool.function === "sticky")
        .flatMap((pool) => pool.containers.filter(({ status }) => status === "idle"))
        .map(({ id }) => id);
    await expect.poll(containers, { timeout: 10_000 }).toHaveLength(2);

    for (const container of [...containers(), ...containers()]) {
      const headers = { cookie: `windlass-container=${container}`, connection: "close" };
      expect(await (await fetch(served.url("sticky"), { headers })).text()).toBe(container);
    }
  });

  it("has another container answer where that has gone", async () => {
    const headers = { cookie: "windlass-container=ct-gone" };
    const response = await fetch(served.url("sticky"), { headers });

    const container = await response.text();
    expect(response.headers.getSetCookie().join()).toContain(`windlass-container=${container};`);
  });
});

test("requests of a server do not wait: they get 503 until a container has room", async () => {
  const url = (path: string): string => served.url("direct", path);
  const first = await fetch(url("/"));
  expect([first.status, first.headers.get("retry-after"), await first.json()]).toMatchObject([
    503,
    "1",
    { error: { code: "WINDLASS_NO_ROOM" } },
  ]);
  const status = async (path: string): Promise<number> => (await fetch(url(path))).status;
  // What was refused has a container start.
  await expect.poll(() => status("/"), { timeout: 10_000 }).toBe(200);

  const running = (): number | undefined =>
    served.engine.snapshot().find((pool) => pool.function === "direct")?.running;
  await expect.poll(running).toBe(0);
  const gone = new AbortController();
  const held = fetch(url("/hold"));
  const left = fetch(url("/hold"), { signal: gone.signal });
  await expect.poll(running).toBe(2);
  expect(await status("/")).toBe(503);
  gone.abort();

  await expect(left).rejects.toThrow("aborted");
  await expect.poll(() => status("/release"), { timeout: 10_000 }).toBe(200);
  expect(await (await held).text()).toBe("held");
});
