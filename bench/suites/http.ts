import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import autocannon from "autocannon";
import { WebSocket } from "ws";
import { findFreePort } from "../../runtime-shim/web/free-port.ts";
import { BenchError } from "../bench-error.ts";
import type { Suite, SuiteContext } from "../suite.ts";

const CONNECTIONS = 32;
const SECONDS = 10;
const SOCKETS = 1000;
const STREAMS = 100;
const EVENTS = 50;
const RELOADS = 5;

/** Endpoints of `windlass serve`: requests a second beside Hono's, WebSockets, streams, and how soon a save is served. */
export const http: Suite = {
  name: "http",
  async run(context) {
    const folder = context.projects.folder("http");
    const hono = await startHono(folder);
    const served = await startServe(folder);
    try {
      await compareThroughput(context, { hono: hono.url, ...served.urls });
      context.progress(`${SOCKETS} WebSockets`);
      const dropped = await dropSockets(urlOf(served.urls, "sockets"));
      context.measurements.add("windlass", "sockets_dropped", { value: dropped, unit: "1" });
      context.progress(`${STREAMS} streams`);
      const broken = await breakStreams(urlOf(served.urls, "events"));
      context.measurements.add("windlass", "streams_dropped", { value: broken, unit: "1" });
      for (let round = 0; round < RELOADS; round += 1) {
        context.progress(`save ${round + 1} of ${RELOADS}`);
        const value = await timeReload(folder, urlOf(served.urls, "version"));
        context.measurements.add("windlass", "reload", { value, unit: "ms" });
      }
    } finally {
      hono.child.kill("SIGTERM");
      served.child.kill("SIGTERM");
      await Promise.all([once(hono.child, "exit"), once(served.child, "exit")]);
    }
  },
};

type Urls = Readonly<Record<string, string>>;

async function compareThroughput(context: SuiteContext, urls: Urls): Promise<void> {
  const [hono, endpoint, webApp] = ["hono", "endpoint", "webApp"].map((name) => urlOf(urls, name));
  const seconds = context.quick ? 1 : SECONDS;
  for (let round = -1; round < context.rounds; round += 1) {
    for (const [contender, suffixes, url] of [
      ["hono", ["", "_app"], hono],
      ["windlass", [""], endpoint],
      ["windlass", ["_app"], webApp],
    ] as const) {
      context.progress(`round ${round + 1} of ${context.rounds}: ${contender}${suffixes[0]}`);
      const { throughput, p99 } = await press(url ?? "", round < 0 ? 1 : seconds);
      // The first round is of code that is not compiled yet.
      if (round < 0) continue;
      for (const suffix of suffixes) {
        const { measurements } = context;
        measurements.add(contender, `throughput${suffix}`, { value: throughput, unit: "1/s" });
        measurements.add(contender, `p99${suffix}`, { value: p99, unit: "ms" });
      }
    }
  }
}

/** @throws BenchError when a request fails: a server that answers errors fast is no faster */
async function press(
  url: string,
  seconds: number,
): Promise<{ readonly throughput: number; readonly p99: number }> {
  const { requests, latency, errors, non2xx, timeouts } = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: seconds,
    // The load in a thread of its own: what counts the results does not slow it.
    workers: 1,
  });
  if (errors + non2xx + timeouts > 0) {
    throw new BenchError(`${errors} errors, ${non2xx} refusals, ${timeouts} timeouts of ${url}`);
  }
  return { throughput: requests.average, p99: latency.p99 };
}

/** Connections that did not open, or did not echo a message of their own. */
async function dropSockets(url: string): Promise<number> {
  const sockets: WebSocket[] = [];
  const echoes = await Promise.allSettled(
    Array.from({ length: SOCKETS }, async (_, n) => {
      const socket = new WebSocket(url.replace("http", "ws"));
      sockets.push(socket);
      await once(socket, "open");
      socket.send(String(n));
      const [data] = await once(socket, "message");
      if (String(data) !== String(n)) throw new BenchError(`got ${String(data)} for ${n}`);
    }),
  );
  // All are open at once until the last has its echo.
  const closed = sockets.filter(({ readyState }) => readyState !== WebSocket.OPEN).length;
  for (const socket of sockets) socket.terminate();
  return Math.max(closed, echoes.filter(({ status }) => status === "rejected").length);
}

/** Streams that did not bring all of their events. */
async function breakStreams(url: string): Promise<number> {
  const expected = Array.from({ length: EVENTS }, (_, n) => `data: ${n}\n\n`).join("");
  const streams = await Promise.allSettled(
    Array.from({ length: STREAMS }, async () => (await fetch(url)).text()),
  );
  return streams.filter((one) => one.status === "rejected" || one.value !== expected).length;
}

/** Milliseconds from a save to the first answer of the new code, asked again and again. */
async function timeReload(folder: string, url: string): Promise<number> {
  const file = join(folder, "http-app.ts");
  const answer = `saved ${process.hrtime.bigint()}`;
  const source = readFileSync(file, "utf8").replace(
    /(app\.endpoint\("version".*=> )".*"/,
    `$1"${answer}"`,
  );
  const savedAt = performance.now();
  writeFileSync(file, source);
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    if ((await response?.json().catch(() => undefined)) === answer)
      return performance.now() - savedAt;
  }
}

async function startHono(
  folder: string,
): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const port = String(await findFreePort());
  const child = spawn(process.execPath, ["http-hono.mjs"], {
    cwd: folder,
    env: { ...process.env, BENCH_PORT: port },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await lineOf(child.stdout);
  return { child, url: `http://127.0.0.1:${port}` };
}

async function startServe(
  folder: string,
): Promise<{ readonly child: ChildProcess; readonly urls: Urls }> {
  const port = String(await findFreePort());
  const program = join(folder, "../node_modules/windlass/dist/bin/main.js");
  const args = [program, "serve", "http-app.ts", "--json", "--quiet", "--port", port];
  const child = spawn(process.execPath, args, {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { urls } = JSON.parse(await lineOf(child.stdout)) as { readonly urls: Urls };
  const named = Object.entries(urls).map(([name, url]) => [
    name,
    url.replace("localhost", "127.0.0.1"),
  ]);
  return { child, urls: Object.fromEntries(named) as Urls };
}

async function lineOf(stream: Readable): Promise<string> {
  const [line] = (await once(createInterface({ input: stream }), "line")) as [string];
  return line;
}

function urlOf(urls: Urls, name: string): string {
  const url = urls[name];
  if (url === undefined) throw new BenchError(`nothing serves "${name}"`);
  return url;
}
