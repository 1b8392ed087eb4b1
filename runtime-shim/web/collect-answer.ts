import { request as ask, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type Duplex, duplexPair } from "node:stream";
import type { KeptAnswer } from "../../lib/web/answers.ts";
import { failedAnswer } from "./failed-answer.ts";
import type { Refusal } from "./problem.ts";
import { headerLines, OF_A_CONNECTION } from "./raw-headers.ts";

/** An answer that is larger is not kept. */
const MAX_BYTES: number = 100 * 1024 * 1024;
/** Headers that are about the connection that an answer came on, or its length there. */
const NOT_KEPT: ReadonlySet<string> = new Set([...OF_A_CONNECTION, "content-length"]);

/**
 * Takes the connection of a request away from its answer, which goes on, and is collected. The connection is for the
 * caller to end.
 */
export function collectAnswer(
  request: IncomingMessage,
  response: ServerResponse,
): { readonly connection: Socket | null; readonly answer: Promise<KeptAnswer> } {
  const connection = response.socket;
  if (connection !== null) detach(request, response, connection);
  const [sink, source] = duplexPair();
  // What code may ask of a connection that it answers on, and there is none any more.
  Object.assign(sink, { setTimeout: () => sink, remoteAddress: connection?.remoteAddress });
  const answer = read(source, request.method);
  sink.once("close", () => source.destroy());
  source.once("close", () => sink.destroy());
  response.once("finish", () => sink.end());
  response.assignSocket(sink as Socket); // It writes, and is told of the end: a stream can both.
  return { connection, answer };
}

/** The server must not end what it has for a request when the connection ends, which comes before the answer now. */
function detach(request: IncomingMessage, response: ServerResponse, connection: Socket): void {
  const [ofServer] = response.listeners("finish");
  // The first listener is the server's: it prepares the connection for the next request.
  if (ofServer !== undefined) response.off("finish", ofServer as () => void);
  response.detachSocket(connection);
  const destroy = request.destroy.bind(request);
  request.destroy = (error?: Error & { readonly code?: string }) =>
    error?.code === "ECONNRESET" && error.message === "aborted" ? request : destroy(error);
}

/** Has the client of Node read what is written of an answer. */
function read(source: Duplex, method: string | undefined): Promise<KeptAnswer> {
  return new Promise((resolve) => {
    const fail = (why: Refusal): void => {
      source.destroy();
      resolve(failedAnswer(why));
    };
    const asked = ask({ method: method ?? "GET", createConnection: () => source });
    asked.on("error", () => fail(UNFINISHED));
    asked.on("response", (incoming) => {
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      incoming.on("data", (chunk: Uint8Array) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > MAX_BYTES) fail(TOO_LARGE);
      });
      incoming.on("error", () => fail(UNFINISHED));
      incoming.on("end", () => {
        source.destroy();
        resolve({ ...headOf(incoming), body: Buffer.concat(chunks) });
      });
    });
    asked.end();
  });
}

function headOf(incoming: IncomingMessage): Omit<KeptAnswer, "body"> {
  const headers = [...headerLines(incoming)].filter(([name]) => !NOT_KEPT.has(name.toLowerCase()));
  return { status: incoming.statusCode ?? 502, headers };
}

const UNFINISHED: Refusal = {
  status: 502,
  code: "WINDLASS_ANSWER_UNFINISHED",
  message: "the answer ended before it was complete; the log may say why",
};

const TOO_LARGE: Refusal = {
  status: 500,
  code: "WINDLASS_ANSWER_TOO_LARGE",
  message: `the answer came late and has more than the ${MAX_BYTES} bytes that are kept of one`,
};
