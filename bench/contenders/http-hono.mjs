// What an endpoint is measured against: the same answer by Hono on node:http, in a process of its own.
import { serve } from "@hono/node-server";
import { Hono } from "hono";

const app = new Hono().get("/", (context) => context.json({ hello: "world" }));
serve({ fetch: app.fetch, port: Number(process.env.BENCH_PORT), hostname: "127.0.0.1" }, () =>
  process.stdout.write("listening\n"),
);
