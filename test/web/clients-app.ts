import { createServer, type ServerResponse } from "node:http";
import { App } from "windlass";

export const app = new App("clients");

interface Chat {
  readonly model: string;
  readonly stream?: boolean;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

const MODEL = "windlass-echo";

/** What answers chat completions as servers of language models do: says the last message again, word by word. */
export const llm = app.webServer("llm", { port: 18_323, auth: "bearer" }, ({ port }) => {
  const server = createServer(async (request, response) => {
    if (request.url === "/v1/models") {
      send(response, { object: "list", data: [{ id: MODEL, object: "model", owned_by: "test" }] });
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const asked = JSON.parse(Buffer.concat(chunks).toString()) as Chat;
    if (asked.model !== MODEL) {
      const error = { message: `there is no model ${asked.model}`, type: "not_found_error" };
      send(response, { error }, 404);
      return;
    }
    const words = asked.messages.at(-1)?.content.split(" ") ?? [];
    if (asked.stream === true) await stream(response, words);
    else send(response, completion({ message: { role: "assistant", content: words.join(" ") } }));
  });
  server.listen(port, "127.0.0.1");
});

function send(response: ServerResponse, value: object, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

async function stream(response: ServerResponse, words: readonly string[]): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const content of words) {
    response.write(`data: ${JSON.stringify(completion({ delta: { content } }))}\n\n`);
    // Each word leaves before the next is said.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  response.end("data: [DONE]\n\n");
}

function completion(choice: object): object {
  const choices = [{ index: 0, finish_reason: "stop", ...choice }];
  return { id: "chatcmpl-1", object: "chat.completion", created: 1, model: MODEL, choices };
}

export const uploads = app.endpoint("uploads", { method: "PUT", path: "/:name" }, async (asked) => {
  let bytes = 0;
  for await (const chunk of asked.request.body ?? []) bytes += (chunk as Uint8Array).length;
  return { name: asked.params.name, bytes };
});

export const form = app.webApp("form", () => async (request) => {
  const file = (await request.formData()).get("file") as unknown as File;
  return Response.json({ name: file.name, text: await file.text() });
});
