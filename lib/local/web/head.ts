import type { Socket } from "node:net";

/** What Node takes of a head at most; the container refuses what has more. */
const MAX_HEAD_BYTES: number = 16 * 1024;
/** As Node waits for heads: whoever says nothing for longer is no client. */
const MAX_WAIT_MS = 60_000;
const END = "\r\n\r\n";

/** The head of the first request of a connection. */
export interface Head {
  readonly query: URLSearchParams;
  /** Its value of a cookie; undefined where it has none. */
  cookie(name: string): string | undefined;
  /** What was read of the connection: it is the first that comes of it for who reads it next in this process. */
  readonly bytes: Buffer;
}

/**
 * Reads the head of the first request of a connection, of which nothing was read, and stops reading. Undefined where it
 * ended before. The connection must be of a server with a `highWaterMark` of 1: that it holds what was read then keeps
 * this process from reading more, which another is to read.
 */
export function peekHead(connection: Socket): Promise<Head | undefined> {
  return new Promise((resolve) => {
    let bytes: Buffer = Buffer.alloc(0);
    const take = (chunk: Buffer): void => {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      if (!bytes.includes(END) && bytes.length < MAX_HEAD_BYTES) return;
      connection.off("data", take);
      connection.off("close", ended);
      connection.setTimeout(0);
      connection.off("timeout", give);
      connection.pause();
      connection.unshift(bytes);
      resolve(toHead(bytes));
    };
    const ended = (): void => resolve(undefined);
    const give = (): void => void connection.destroy();
    connection.setTimeout(MAX_WAIT_MS, give);
    connection.on("data", take);
    connection.once("close", ended);
    connection.resume();
  });
}

function toHead(bytes: Buffer): Head {
  const [line = "", ...fields] = bytes.toString("latin1").split(END, 1)[0]?.split("\r\n") ?? [];
  const [, target = ""] = line.split(" ");
  const mark = target.indexOf("?");
  return {
    bytes,
    query: new URLSearchParams(mark < 0 ? "" : target.slice(mark)),
    cookie(name) {
      const cookies = fields.flatMap(
        (field) => /^cookie:(.*)$/i.exec(field)?.[1]?.split(";") ?? [],
      );
      const found = cookies.map((one) => one.trim()).find((one) => one.startsWith(`${name}=`));
      return found?.slice(name.length + 1);
    },
  };
}
