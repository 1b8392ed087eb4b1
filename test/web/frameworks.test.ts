import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { appProject } from "../cli/cli.ts";
import { type Served, serveProject } from "./served.ts";

const version = execFileSync("python3", ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
  .toString()
  .trim();
const APP = `
import { App, Image } from "windlass";

const packages = ["fastapi==0.115.6", "python-multipart==0.0.20", "flask==3.1.0"];
export const app = new App("frameworks", { image: Image.debianSlim({ python: "${version}" }).pipInstall(...packages) });

const many = { concurrency: { maxInputs: 50 }, maxContainers: 1 };
app.pythonAsgi("api", { handler: "frameworks.py:make_fastapi", ...many });
app.pythonWsgi("site", { handler: "frameworks.py:make_flask", ...many });
`;

// Installs packages of PyPI: for where that is reached.
describe.runIf(process.env["WINDLASS_PYPI"] === "1")("frameworks, unmodified", () => {
  let served: Served;
  beforeAll(async () => {
    const source = readFileSync(join(import.meta.dirname, "frameworks.py"), "utf8");
    served = await serveProject(appProject({ "app.ts": APP, "frameworks.py": source }, afterAll));
    await fetch(served.url("api"));
  }, 300_000);
  afterAll(async () => {
    await served?.[Symbol.asyncDispose]();
  });

  it("FastAPI validates, and describes itself", async () => {
    const post = (body: string): Promise<Response> =>
      fetch(served.url("api", "/items/7?q=a"), {
        method: "POST",
        body,
        headers: { "content-type": "application/json" },
      });
    const made = await post('{"name":"pen","price":2.5}');
    const refused = await post('{"name":"pen"}');
    const docs = await fetch(served.url("api", "/openapi.json"));
    const { info } = (await docs.json()) as { readonly info: { readonly title: string } };

    expect([made.status, await made.json()]).toEqual([
      200,
      { id: 7, q: "a", name: "pen", price: 2.5, host: "127.0.0.1", started: true },
    ]);
    expect([refused.status, info.title]).toEqual([422, "FastAPI"]);
  });

  it("FastAPI streams, takes uploads, and runs tasks afterwards", async () => {
    const stream = await fetch(served.url("api", "/stream"));
    const form = new FormData();
    form.set("file", new File([Buffer.alloc(5_000_000, "x")], "large.txt"));
    const upload = await fetch(served.url("api", "/upload"), { method: "POST", body: form });

    expect(await stream.text()).toBe("0 1 2 ");
    expect(await upload.json()).toEqual({ name: "large.txt", size: 5_000_000 });
    for (let done: unknown; done !== "large.txt"; ) {
      done = await (await fetch(served.url("api", "/done"))).json();
    }
  });

  it("FastAPI stops a stream whose client leaves", async () => {
    const leaving = new AbortController();
    await fetch(served.url("api", "/endless"), { signal: leaving.signal });

    leaving.abort();

    for (let left: unknown; left !== true; ) {
      left = await (await fetch(served.url("api", "/left"))).json();
    }
  });

  it("FastAPI has WebSockets", async () => {
    const socket = new WebSocket(served.url("api", "/ws/7").replace("http", "ws"));
    await once(socket, "open");

    socket.send('{"n":1}');
    const [data] = await once(socket, "message");
    socket.close();

    expect(JSON.parse(String(data))).toEqual({ room: 7, got: { n: 1 } });
  });

  it("Flask answers, streams, and keeps a session", async () => {
    const json = await fetch(served.url("site", "/json/ö"), {
      method: "POST",
      body: '{"n":1}',
      headers: { "content-type": "application/json" },
    });
    const cookie = json.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    const again = await fetch(served.url("site", "/session"), { headers: { cookie } });
    const stream = await fetch(served.url("site", "/stream"));
    const failing = await fetch(served.url("site", "/fails"));

    expect(await json.json()).toEqual({ name: "ö", got: { n: 1 }, host: "127.0.0.1" });
    expect(await again.json()).toBe("ö");
    expect(await stream.text()).toBe("0 1 2 ");
    expect(failing.status).toBe(500);
  });

  it("Flask takes uploads, and bodies that come in chunks", async () => {
    const form = new FormData();
    form.set("file", new File([Buffer.alloc(5_000_000, "x")], "large.txt"));
    const upload = await fetch(served.url("site", "/upload"), { method: "POST", body: form });
    const chunks = new Blob([Buffer.alloc(100_000)]).stream();
    const sized = await fetch(served.url("site", "/size"), {
      method: "POST",
      body: chunks,
      duplex: "half",
    } as RequestInit);

    expect(await upload.json()).toEqual({ name: "large.txt", size: 5_000_000 });
    expect(await sized.json()).toBe(100_000);
  });
});
