import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import express from "express";
import { Hono } from "hono";
import { App, nodeListener } from "windlass";

export const app = new App("late");

// Requests that wait and those that release them meet in one container.
const many = { concurrency: { maxInputs: 10 }, maxContainers: 1 };

class Door {
  readonly #waiting: (() => void)[] = [];
  #isOpen = false;

  async wait(): Promise<void> {
    if (!this.#isOpen) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  open(): void {
    this.#isOpen = true;
    for (const go of this.#waiting.splice(0)) go();
  }
}

const door = new Door();

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === "/release") door.open();
  else await door.wait();
  response.statusCode = 201;
  response.setHeader("set-cookie", ["a=1", "b=2"]);
  response.setHeader("x-aborted", String(request.errored !== null));
  // Two pieces, so that it is sent in chunks.
  response.write("an");
  response.end("swer");
}

app.endpoint("endpoint", { path: "/:what", method: "POST", ...many }, async (asked) => {
  if (asked.params.what === "release") door.open();
  else await door.wait();
  const { aborted } = asked.signal;
  const cookies: [string, string][] = [
    ["set-cookie", "a=1"],
    ["set-cookie", "b=2"],
  ];
  const body = `answer${await asked.request.text()}`;
  return new Response(body, { status: 201, headers: [...cookies, ["x-aborted", `${aborted}`]] });
});

app.endpoint("overdue", { path: "/*", timeoutSeconds: 1 }, async ({ signal }) => {
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
});

app.endpoint("dies", () => new Promise(() => setTimeout(() => process.exit(3), 400)));

app.endpoint("secured", { auth: "bearer" }, () => "secret");

app.webApp("hono", many, () =>
  new Hono()
    .post("/release", (context) => {
      door.open();
      return context.text("released");
    })
    .all("/wait", async (context) => {
      await door.wait();
      context.header("set-cookie", "a=1");
      context.header("set-cookie", "b=2", { append: true });
      context.header("x-aborted", String(context.req.raw.signal.aborted));
      return context.text(`answer${await context.req.text()}`, 201);
    }),
);

app.webApp("express", many, () =>
  nodeListener(express().use((request, response) => void answer(request, response))),
);

app.webServer("server", { port: 18_322, ...many }, ({ port }) => {
  createServer((request, response) => void answer(request, response)).listen(port, "127.0.0.1");
});

app.pythonAsgi("asgi", { handler: "late.py:make_asgi", ...many });
app.pythonWsgi("wsgi", { handler: "late.py:make_wsgi", ...many });
