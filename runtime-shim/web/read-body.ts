import type { IncomingMessage } from "node:http";
import { toHeaders, toRequest } from "./http-request.ts";
import type { Refusal } from "./problem.ts";

/** What is read whole for a schema. Larger uploads are for handlers without one, which stream them. */
const MAX_BODY_BYTES = 100 * 1024 * 1024;

/** What a body holds, or why it cannot be read. */
export type BodyReading =
  | { readonly value: unknown; readonly refusal?: undefined }
  | { readonly refusal: Refusal };

/** Reads a body whole: JSON, a form, multipart with files, or text. */
export async function readBody(request: IncomingMessage): Promise<BodyReading> {
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (Number(request.headers["content-length"] ?? 0) > MAX_BODY_BYTES)
    return { refusal: TOO_LARGE };
  if (type === "multipart/form-data") return await readForm(request);
  const text = await readText(request);
  if (text === undefined) return { refusal: TOO_LARGE };
  if (text === "") return { value: undefined };
  if (type === "application/x-www-form-urlencoded") {
    return { value: grouped(new URLSearchParams(text)) };
  }
  if (type === "" || type === undefined || type === "application/json" || type.endsWith("+json")) {
    return parseJson(text);
  }
  if (type.startsWith("text/")) return { value: text };
  return { refusal: unknownType(type) };
}

/** Names with their value, or all of them where a name stands several times. */
export function grouped(entries: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  const values: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of entries) {
    const before = values[name];
    if (!(name in values)) values[name] = value;
    else values[name] = Array.isArray(before) ? [...before, value] : [before, value];
  }
  return values;
}

function parseJson(text: string): BodyReading {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return {
      refusal: {
        status: 400,
        code: "WINDLASS_INVALID_JSON",
        message: `the body is not JSON: ${error instanceof Error ? error.message : String(error)}`,
      },
    };
  }
}

/** Undefined for one that is too large. */
function readText(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
      else resolve(undefined);
    });
    request.once("end", () => {
      const [only] = chunks;
      const all = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
      resolve(all.toString("utf8"));
    });
    request.once("error", reject);
    request.once("close", () => resolve(undefined));
  });
}

async function readForm(request: IncomingMessage): Promise<BodyReading> {
  try {
    const form = await toRequest(request, { headers: toHeaders(request) }).formData();
    return { value: grouped(form) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `the body is not multipart/form-data: ${why}`;
    return { refusal: { status: 400, code: "WINDLASS_INVALID_FORM", message } };
  }
}

const TOO_LARGE: Refusal = {
  status: 413,
  code: "WINDLASS_BODY_TOO_LARGE",
  message: `the body must have at most ${MAX_BODY_BYTES} bytes`,
  headers: { connection: "close" },
};

function unknownType(type: string): Refusal {
  return {
    status: 415,
    code: "WINDLASS_UNSUPPORTED_MEDIA_TYPE",
    message: `the body must be JSON, a form, multipart or text, got "${type}"`,
  };
}
