import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

const JSON_TYPE = "application/json";
const BYTES_TYPE = "application/octet-stream";

/**
 * Answers with what a handler returned: a Response as it is, bytes and streams as they are, items of a generator as
 * server-sent events, nothing as 204, all else as JSON. Resolves when the answer has been sent.
 */
export function writeResult(response: ServerResponse, result: unknown): Promise<void> | void {
  if (typeof result !== "object" || result === null) return writeJson(response, result);
  if (result instanceof Response) return writeResponse(response, result);
  if (result instanceof Uint8Array) return writeBytes(response, result);
  if (result instanceof ReadableStream)
    return writeStream(response, BYTES_TYPE, Readable.fromWeb(result));
  if (result instanceof Readable) return writeStream(response, BYTES_TYPE, result);
  if (Symbol.asyncIterator in result || isGeneratorObject(result)) {
    return writeEvents(response, result as AsyncIterable<unknown> | Iterable<unknown>); // Just asked.
  }
  writeJson(response, result);
}

function writeJson(response: ServerResponse, value: unknown): void {
  const text = JSON.stringify(value);
  if (text === undefined) {
    response.writeHead(204).end();
    return;
  }
  response.writeHead(200, {
    "content-type": JSON_TYPE,
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

function writeBytes(response: ServerResponse, bytes: Uint8Array): void {
  response.writeHead(200, { "content-type": BYTES_TYPE, "content-length": bytes.byteLength });
  response.end(bytes);
}

/** Writes a Response of the Fetch standard. */
async function writeResponse(response: ServerResponse, from: Response): Promise<void> {
  const headers: (readonly [string, string])[] = [...from.headers];
  if (from.statusText !== "") response.statusMessage = from.statusText;
  response.statusCode = from.status;
  // Each cookie is a line of its own; all others come joined.
  for (const [name, value] of headers) response.appendHeader(name, value);
  if (from.body === null) {
    response.end();
    return;
  }
  await pipeline(Readable.fromWeb(from.body as Parameters<typeof Readable.fromWeb>[0]), response);
}

async function writeStream(
  response: ServerResponse,
  type: string,
  stream: Readable,
): Promise<void> {
  response.writeHead(200, { "content-type": type });
  await pipeline(stream, response);
}

/** One event an item; the client's going ends the generator. */
async function writeEvents(
  response: ServerResponse,
  items: AsyncIterable<unknown> | Iterable<unknown>,
): Promise<void> {
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-cache",
    // What nginx and its like would hold back otherwise.
    "x-accel-buffering": "no",
  });
  response.flushHeaders();
  await pipeline(Readable.from(events(items)), response);
}

async function* events(items: AsyncIterable<unknown> | Iterable<unknown>): AsyncGenerator<string> {
  try {
    for await (const item of items) yield `data: ${JSON.stringify(item) ?? "null"}\n\n`;
  } catch (error) {
    // The status has been sent: what went wrong is an event.
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    yield `event: error\ndata: ${JSON.stringify({ message: "the stream failed" })}\n\n`;
  }
}

function isGeneratorObject(value: object): boolean {
  return "next" in value && Symbol.iterator in value && typeof value.next === "function";
}
