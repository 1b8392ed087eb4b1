import { createServer } from "node:http";
import express from "express";
import { Hono } from "hono";
import { App, nodeListener } from "windlass";
import { WebSocketServer } from "ws";

export const app = new App("web-apps");

const many = { concurrency: { maxInputs: 2000 } };

export const hono = app.webApp("hono", many, ({ server }) => {
  const sockets = new WebSocketServer({ server, path: "/socket" });
  sockets.on("connection", (socket) => socket.on("message", (data) => socket.send(String(data))));
  return new Hono()
    .get("/", (context) => context.json({ hello: "hono" }))
    .post("/echo", async (context) => context.text(await context.req.text()))
    .get("/fails", () => {
      throw new Error("a secret reason");
    });
});

export const site = app.webApp("site", () => {
  const made = express();
  made.use(express.json());
  made.post("/", (request, response) => {
    response
      .cookie("a", "1")
      .status(201)
      .json({ got: request.body as unknown });
  });
  return nodeListener(made);
});

export const fetcher = app.webApp("fetcher", () => (request) => new Response(request.method));

export const nothing = app.webApp("nothing", () => undefined as never);

export const server = app.webServer("server", { port: 18_321, ...many }, ({ port }) => {
  const made = createServer((request, response) => {
    response.setHeader("x-forwarded", String(request.headers["x-forwarded-proto"]));
    if (request.url === "/dies") process.exit(1);
    request.pipe(response);
  });
  const sockets = new WebSocketServer({ server: made });
  sockets.on("connection", (socket) => socket.on("message", (data) => socket.send(`s:${data}`)));
  made.listen(port, "127.0.0.1");
});

export const Site = app.cls(
  "Site",
  { webApp: "open" },
  class {
    #hits = 0;

    open() {
      return (request: Request) => {
        this.#hits += 1;
        return Response.json({ path: new URL(request.url).pathname, hits: this.#hits });
      };
    }
  },
);
