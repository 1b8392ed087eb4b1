import { App, currentCall, enter, HttpError } from "windlass";
import { z } from "zod";

export const app = new App("web-test");

const double = app.function("double", async (n: number) => n * 2);

export const echo = app.endpoint("echo", ({ query, headers }) => ({
  query,
  agent: headers.get("x-agent"),
}));

export const users = app.endpoint(
  "users",
  {
    method: "POST",
    path: "/users/:id/*",
    query: z.object({ page: z.coerce.number().default(1) }),
    body: z.object({ n: z.number(), tags: z.array(z.string()).default([]) }),
    docs: true,
  },
  async ({ params, query, body }) => ({
    ...{ id: params.id, rest: params["*"], page: query.page },
    ...{ tags: body.tags, twice: await double.remote(body.n) },
  }),
);

export const forms = app.endpoint(
  "forms",
  { method: "POST", body: z.unknown() },
  async ({ body }) => {
    const { file, ...fields } = body as { file?: File }; // What the test sends.
    return { fields, file: file && { name: file.name, text: await file.text() } };
  },
);

export const results = app.endpoint("results", { path: "/:kind" }, ({ params: { kind } }) => {
  switch (kind) {
    case "nothing":
      return undefined;
    case "null":
      return null;
    case "text":
      return "text";
    case "bytes":
      return new Uint8Array([1, 2, 3]);
    case "response":
      return new Response("made", {
        status: 201,
        headers: [
          ["set-cookie", "a=1"],
          ["set-cookie", "b=2"],
        ],
      });
    case "stream":
      return new Response("streamed").body;
    case "missing":
      throw new HttpError(404, "there is no such thing");
    default:
      throw new Error("a secret reason");
  }
});

export const events = app.endpoint("events", { path: "/:count" }, async function* ({ params }) {
  for (let n = 0; n < Number(params.count); n += 1) yield { n };
  if (params.count === "2") throw new Error("a secret reason");
});

export const uploads = app.endpoint("uploads", { method: "PUT" }, async ({ request }) => {
  let bytes = 0;
  let most = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length;
    most = Math.max(most, process.memoryUsage().arrayBuffers);
  }
  return { bytes, most };
});

let stopped = 0;
export const slow = app.endpoint(
  "slow",
  { path: "/:what", timeoutSeconds: 1, concurrency: { maxInputs: 10 }, maxContainers: 1 },
  async ({ params, signal }) => {
    if (params.what === "stopped") return { stopped, id: currentCall()?.functionCallId };
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    stopped += 1;
    return "too late";
  },
);

export const secured = app.endpoint(
  "secured",
  { auth: "bearer", cors: { origins: ["https://example.com"], credentials: true } },
  () => "in",
);

export const Model = app.cls(
  "Model",
  {
    endpoints: { generate: { method: "POST", body: z.string() }, ping: {}, overlap: {} },
    maxContainers: 1,
  },
  class {
    #loaded = "";
    #inside = 0;

    [enter]() {
      this.#loaded = "loaded";
    }

    generate(prompt: string) {
      return `${this.#loaded}: ${prompt}`;
    }

    ping(query: object) {
      return query;
    }

    async overlap() {
      this.#inside += 1;
      const most = this.#inside;
      await new Promise((resolve) => setTimeout(resolve, 20));
      this.#inside -= 1;
      return most;
    }
  },
);

export const callsModel = app.endpoint("callsModel", async () => {
  const model = new Model();
  const answers = await Promise.all(
    [1, 2, 3].map(async (n) =>
      n === 2
        ? ((await (await fetch(`${await Model.url()}/overlap`)).json()) as number)
        : await model.overlap.remote(),
    ),
  );
  return Math.max(...answers);
});

export const asks = app.endpoint("asks", async () => ({ url: await echo.url() }));
