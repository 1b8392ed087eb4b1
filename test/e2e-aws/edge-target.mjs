// What a container behind a load balancer runs in the tests: it says who it is, and answers as it is asked to.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

const ROUTES = {
  "/health": (_, response) => response.end("well"),
  "/who": (request, response) => {
    const { method, url, headers } = request;
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ name: process.env.NAME, method, url, headers }));
  },
  "/echo": (request, response) => request.pipe(response),
  "/events": async (request, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    const count = Number(new URL(request.url, "http://x").searchParams.get("count"));
    for (let n = 0; n < count; n += 1) {
      response.write(`data: ${n}\n\n`);
      await pause(200);
    }
    response.end();
  },
  "/slow": async (request, response) => {
    const ms = Number(new URL(request.url, "http://x").searchParams.get("ms"));
    await pause(ms);
    response.end(process.env.NAME);
  },
  "/metadata": async (_, response) => {
    const answer = await fetch(process.env.ECS_CONTAINER_METADATA_URI_V4);
    response.end(await answer.text());
  },
  "/reset": (request) => request.socket.resetAndDestroy(),
};

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, "http://x");
  (ROUTES[pathname] ?? ROUTES["/who"])(request, response);
});

/** Sends short text frames back. https://datatracker.ietf.org/doc/html/rfc6455#section-5.2 */
server.on("upgrade", (request, socket) => {
  const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  const key = `${request.headers["sec-websocket-key"]}${guid}`;
  const accept = createHash("sha1").update(key).digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.on("error", () => socket.destroy());
  socket.on("data", (frame) => {
    if ((frame[0] & 0x0f) !== 1) return socket.end();
    const length = frame[1] & 0x7f;
    const text = Buffer.from(frame.subarray(6, 6 + length));
    for (let n = 0; n < length; n += 1) text[n] ^= frame[2 + (n % 4)];
    socket.write(Buffer.concat([Buffer.from([0x81, length]), text]));
  });
});

server.keepAliveTimeout = 120_000;
server.listen(18080);
process.on("SIGTERM", () => process.exit(0));
