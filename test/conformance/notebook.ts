import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface Written {
  readonly lines: string[];
  /** Responses that wait for a line. */
  readonly waiting: { readonly line: string; readonly answer: () => void }[];
}

/** What a case and the containers that it uses tell each other, whatever machine they are on. */
export class Notebook {
  readonly #server: Server;
  readonly #host: string;
  readonly #pages: Map<string, Written> = new Map();

  private constructor(server: Server, host: string) {
    this.#server = server;
    this.#host = host;
    server.on("request", (request, response) => void this.#serve(request, response));
  }

  /** @param host - The name of this machine where containers run. */
  static async open(host: string): Promise<Notebook> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, host, listening));
    return new Notebook(server, host);
  }

  /** A page that nobody has written on. */
  page(): Page {
    const path = `/${this.#pages.size + 1}`;
    const written: Written = { lines: [], waiting: [] };
    this.#pages.set(path, written);
    const { port } = this.#server.address() as AddressInfo;
    return new Page(`http://${this.#host}:${port}${path}`, written);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://notebook");
    const written = this.#pages.get(pathname);
    if (written === undefined) {
      response.writeHead(404).end();
      return;
    }
    const line = searchParams.get("line");
    if (request.method === "POST") {
      write(written, await textOf(request));
      response.end();
    } else if (line === null) {
      response.end(JSON.stringify(written.lines));
    } else {
      waitFor(written, line, () => response.end());
    }
  }
}

/** Lines that containers write and wait for. */
export class Page {
  /** What containers are given of it. */
  readonly url: string;
  readonly #written: Written;

  constructor(url: string, written: Written) {
    this.url = url;
    this.#written = written;
  }

  get lines(): readonly string[] {
    return this.#written.lines;
  }

  write(line: string): void {
    write(this.#written, line);
  }

  /** Resolves once it has this line so many times. */
  async count(line: string, times: number): Promise<void> {
    while (this.lines.filter((one) => one === line).length < times) {
      await new Promise((resolve) =>
        this.#written.waiting.push({ line, answer: () => resolve(undefined) }),
      );
    }
  }

  /** Resolves once the page has this line; the time of the case bounds it. */
  has(line: string): Promise<void> {
    return new Promise((resolve) => waitFor(this.#written, line, resolve));
  }
}

function write({ lines, waiting }: Written, line: string): void {
  lines.push(line);
  for (const waiter of waiting) if (waiter.line === line) waiter.answer();
}

function waitFor({ lines, waiting }: Written, line: string, answer: () => void): void {
  if (lines.includes(line)) answer();
  else waiting.push({ line, answer });
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
