import type { IncomingMessage } from "node:http";
import { encodeMessage } from "../../lib/messages.ts";

/** Sends messages to the runner. */
export type Send = (buffers: readonly Buffer[]) => void;

/** Bytes of a body or of WebSocket messages that may be on their way in one direction. The runner's side has the same. */
export const WINDOW_BYTES: number = 256 * 1024;

const NOTHING: readonly Uint8Array[] = [];

/** A message about one request: its name, the key of the request, fields, and at most one piece of data. */
export function requestMessage(
  control: readonly [name: string, key: number, ...fields: readonly unknown[]],
  data?: Uint8Array,
): Buffer[] {
  return encodeMessage(JSON.stringify(control), "", data === undefined ? NOTHING : [data]);
}

/** Fields of a request, but for its body: method, target, version, client, server, and headers one after the other. */
export function requestFields(request: IncomingMessage): readonly unknown[] {
  const { method, url = "/", httpVersion, rawHeaders, socket } = request;
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  const client = [plain(remoteAddress), remotePort ?? 0];
  const server = [plain(localAddress), localPort ?? 0];
  return [method, originForm(url), httpVersion, client, server, rawHeaders];
}

/** What proxies are sent names a host, too [RFC 9112, 3.2.2]. */
function originForm(target: string): string {
  const [absolute] = /^https?:\/\/[^/?]*/i.exec(target) ?? [];
  if (absolute === undefined) return target;
  const rest = target.slice(absolute.length);
  return rest.startsWith("/") ? rest : `/${rest}`;
}

/** An address of version 4 as such, where a socket of version 6 has it. */
function plain(address = ""): string {
  return address.replace(/^::ffff:(?=\d+\.)/, "");
}
