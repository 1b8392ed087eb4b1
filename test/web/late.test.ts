import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it, test } from "vitest";
import { tempProject } from "../bundle/temp-project.ts";
import { app } from "./late/app.ts";
import { type ServedEngine, serveEngine } from "./served-engine.ts";

let served: ServedEngine;
beforeAll(async () => {
  served = await serveEngine(app, tempProject({}, afterAll), { lateAfterMs: 200 });
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
});

const manual: RequestInit = { redirect: "manual" };

/** Where a request is sent that has no answer yet. */
async function postpone(url: string, init: RequestInit = {}): Promise<URL> {
  const response = await fetch(url, { ...init, ...manual });
  expect([response.status, await response.text()]).toEqual([303, ""]);
  expect(response.headers.get("connection")).toBe("close");
  const location = response.headers.get("location") ?? "";
  expect(location).toMatch(/[?&]__windlass_result=[\w-]{32}$/);
  return new URL(location, url);
}

it.each(["endpoint", "hono", "express", "server", "asgi", "wsgi"])(
  "a request of %s without an answer is told where it will be, and its whole answer is kept",
  async (name) => {
    const post = { method: "POST", body: "" };
    const location = await postpone(served.url(name, "/wait?a=1"), post);
    const again = await fetch(location, manual);
    expect([again.status, again.headers.get("location")]).toEqual([
      303,
      location.pathname + location.search,
    ]);

    await fetch(served.url(name, "/release"), { method: "POST" });
    const answer = await fetch(location);

    expect([answer.status, answer.headers.getSetCookie(), await answer.text()]).toEqual([
      201,
      ["a=1", "b=2"],
      "answer",
    ]);
    expect(answer.headers.get("x-aborted")).toBe("false");
  },
);

async function follow(
  url: string | URL,
  { method = "GET", body }: { readonly method?: string; readonly body?: string } = {},
): Promise<string> {
  const asked = request(url, { method, agent: false });
  asked.end(body);
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  const { location } = answer.headers;
  const got = await text(answer);
  return location === undefined ? got : await follow(new URL(location, url));
}

test("an answer is kept for whichever container is asked, and is not of another", async () => {
  await using other = await serveEngine(app, tempProject({}, afterAll), { lateAfterMs: 200 });
  // On connections of its own: one that is kept may be closed just when a client uses it again.
  const follows = follow(other.url("endpoint", "/wait"), { method: "POST", body: "?" });
  const location = await postpone(other.url("endpoint", "/wait"), { method: "POST", body: "!" });
  await fetch(other.url("endpoint", "/release"), { method: "POST" });
  await other.replace();

  const answer = await fetch(location);
  expect([answer.status, await answer.text()]).toEqual([201, "answer!"]);
  expect(await follows).toBe("answer?");
  const unknown = await fetch(served.url("endpoint", location.pathname + location.search));
  expect([unknown.status, await unknown.json()]).toMatchObject([
    404,
    { error: { code: "WINDLASS_NO_SUCH_RESULT" } },
  ]);
});

test("an answer that takes longer than its time is 504, and that of a container that died 502", async () => {
  const overdue = await postpone(served.url("overdue"));
  const lost = await postpone(served.url("dies"));

  const answers = await Promise.all([fetch(overdue), fetch(lost)]);

  expect(await Promise.all(answers.map((answer) => answer.json()))).toMatchObject([
    { error: { code: "WINDLASS_FUNCTION_TIMEOUT" } },
    { error: { code: "WINDLASS_CONTAINER_LOST" } },
  ]);
  expect(answers.map(({ status }) => status)).toEqual([504, 502]);
});

test("who may not ask is not given what was kept", async () => {
  const response = await fetch(served.url("secured", "/?__windlass_result=abc"));

  expect(response.status).toBe(401);
});

test("a path that begins as another host does stays on this one", async () => {
  const location = await postpone(served.url("overdue", "//example.com/"));

  expect(location.host).toBe(new URL(served.url("overdue")).host);
});
