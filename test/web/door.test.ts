import { once } from "node:events";
import { request } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import type { DoorSpec } from "../../lib/web/door.ts";
import { Gate } from "../../runtime-shim/web/gate.ts";
import { type Site, WebServer } from "../../runtime-shim/web/web-server.ts";

const DOOR: DoorSpec = {
  ...{ header: "x-windlass-endpoint", value: "shop/order/secret", healthPath: "/.windlass/health" },
  ...{ isHttps: true, patienceSeconds: 50 },
};
const OWN = { "x-windlass-endpoint": "shop/order/secret" };

/** A server behind a load balancer, whose site says what it is asked. */
async function behind(door: DoorSpec, site?: Site) {
  let probes = 0;
  const echo: Site = {
    request: ({ url, headers, rawHeaders }, response) => {
      response.end(JSON.stringify({ url, proto: headers["x-forwarded-proto"], rawHeaders }));
    },
  };
  const web = new WebServer({
    ...{ spec: { cors: null }, site: site ?? echo, gate: new Gate(() => 1), authorize: undefined },
    ...{ timeoutSeconds: 10, door, onLoad: () => {} },
    clock: { now: () => 0, after: () => () => {} },
    onProbe: () => {
      probes += 1;
    },
    onStuck: () => {
      throw new Error("nothing is stuck here");
    },
  });
  const listener = createServer({ pauseOnConnect: true }, (socket) => web.accept(socket));
  await once(listener.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void listener.close());
  const { port } = listener.address() as AddressInfo;
  return {
    web,
    probes: () => probes,
    async ask(path: string, headers: Readonly<Record<string, string>> = OWN) {
      const asked = request({ host: "127.0.0.1", port, path, headers, agent: false });
      asked.end();
      const [answer] = await once(asked, "response");
      return { status: answer.statusCode as number, body: await text(answer) };
    },
  };
}

test("a load balancer is told that the container is well, until it closes", async () => {
  const { ask, probes, web } = await behind(DOOR);

  expect(await ask(DOOR.healthPath, {})).toMatchObject({ status: 200 });
  void web.drain();
  expect(await ask(DOOR.healthPath, {})).toMatchObject({ status: 503 });

  expect(probes()).toBe(2);
});

test("requests of other functions are refused: their container had this port before", async () => {
  const { ask } = await behind(DOOR);

  const others = { "x-windlass-endpoint": "shop/other/secret" };
  expect(await ask("/", others)).toMatchObject({ status: 404 });
  expect(await ask("/", {})).toMatchObject({ status: 404 });
  expect(await ask("/.windlass/health-of-another")).toMatchObject({ status: 200 });
});

test("code sees requests as their clients wrote them, and nothing of what was added on the way", async () => {
  const { ask } = await behind(DOOR);

  const { body } = await ask("/a?x=1&__windlass_wait=3&y=2", {
    ...OWN,
    "x-forwarded-proto": "http",
  });

  const { url, proto, rawHeaders } = JSON.parse(body) as {
    url: string;
    proto: string;
    rawHeaders: string[];
  };
  expect([url, proto]).toEqual(["/a?x=1&y=2", "https"]);
  expect(rawHeaders.join("\n")).not.toMatch(/secret|http\n/);
});

test("by its own domain a function is known by its host", async () => {
  const { ask } = await behind({ ...DOOR, header: "host", value: "order.example.com" });

  expect(await ask("/", { host: "Order.example.com:443" })).toMatchObject({ status: 200 });
  expect(await ask("/", { host: "site.example.com" })).toMatchObject({ status: 404 });
});

test("more than twice of what it takes at a time do not wait", async () => {
  const hold: Site = { request: () => new Promise(() => {}) };
  const { ask } = await behind(DOOR, hold);
  const held = Array.from({ length: 3 }, () => ask("/").catch(() => undefined));
  void held;
  await ask(DOOR.healthPath, {});

  const refused = await ask("/");

  expect(refused.status).toBe(503);
  expect(refused.body).toContain("WINDLASS_NO_ROOM");
});
