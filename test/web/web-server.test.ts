import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { Gate } from "../../runtime-shim/web/gate.ts";
import { WebServer } from "../../runtime-shim/web/web-server.ts";

test("a connection that was given just before a server drains has its request answered", async () => {
  const timers: (() => void)[] = [];
  const web = new WebServer({
    spec: { cors: null },
    site: { request: (_, response) => void response.end("answered") },
    gate: new Gate(() => 1),
    authorize: undefined,
    timeoutSeconds: 10,
    clock: {
      now: () => 0,
      after(_, run) {
        timers.push(run);
        return () => timers.splice(timers.indexOf(run), 1);
      },
    },
    onLoad: () => {},
    onStuck: () => {
      throw new Error("nothing is stuck here");
    },
  });
  const listener = createServer({ pauseOnConnect: true }, (socket) => web.accept(socket));
  await once(listener.listen(0, "127.0.0.1"), "listening");
  const client = connect((listener.address() as AddressInfo).port, "127.0.0.1");
  await once(listener, "connection");

  const drained = web.drain();
  client.write("GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n");
  const answer = await text(client);
  while (timers.length > 0) timers.shift()?.();
  await drained;
  listener.close();

  expect(answer).toMatch(/^HTTP\/1\.1 200 OK.*answered$/s);
});
