import { Hono } from "hono";
import { App } from "windlass";
import { WebSocketServer } from "ws";

export const app = new App("bench-http");

const many = { concurrency: { maxInputs: 2000 }, maxContainers: 1 };

export const endpoint = app.endpoint("endpoint", many, () => ({ hello: "world" }));

export const webApp = app.webApp("webApp", many, () =>
  new Hono().get("/", (context) => context.json({ hello: "world" })),
);

export const sockets = app.webApp("sockets", many, ({ server }) => {
  new WebSocketServer({ server }).on("connection", (socket) =>
    socket.on("message", (data) => socket.send(data)),
  );
  return () => new Response();
});

export const events = app.endpoint("events", many, async function* () {
  for (let n = 0; n < 50; n += 1) {
    yield n;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});

export const version = app.endpoint("version", many, () => "first");
