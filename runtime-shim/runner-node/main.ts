import type { Socket } from "node:net";
import { pathToFileURL } from "node:url";
import { knowExportedErrors } from "../../lib/module-exports.ts";
import { runtime } from "../../lib/runtime.ts";
import type { LoadRequest } from "../load-request.ts";
import { Link } from "./link.ts";
import { definitionOf, type Loaded, load } from "./load.ts";
import { RunnerProgram } from "./program.ts";

// The program of a container that is a process: its agent is at the other end of a socket.
const link = new Link((message) => program.receive(message));
const program = new RunnerProgram({
  send: (buffers) => link.send(buffers),
  load: loadModule,
  async leave(code) {
    await link.flush();
    process.exit(code);
  },
});

runtime.container = () => program;
process.on("SIGTERM", () => program.terminate());
// By its agent: what it has read of the connection, which is the first that comes of it.
process.on("message", (read, connection) => {
  const socket = connection as Socket;
  if (read !== "") socket.unshift(Buffer.from(String(read), "base64"));
  program.accept(socket);
});

/** Imports the user's module, and becomes what it defines. */
async function loadModule(request: LoadRequest): Promise<Loaded> {
  Object.assign(process.env, request.env, {
    WINDLASS_CONTAINER_ID: request.containerId,
    WINDLASS_APP: request.app,
    WINDLASS_FUNCTION: request.name,
  });
  knowExportedErrors(request.app, await import(pathToFileURL(request.bundle).href));
  const definition = definitionOf(request);
  const loaded = await load(definition, request);
  if (definition.web === undefined) return loaded;
  const { openWeb } = await loadWeb();
  const findToken = (hash: string): Promise<boolean> => program.findToken(hash);
  const send = (buffers: readonly Buffer[]): void => link.send(buffers);
  return { ...loaded, web: await openWeb({ definition, request, loaded, findToken, send }) };
}

/** A file of its own: most containers do without it, and each byte that they load costs them time. */
async function loadWeb(): Promise<typeof import("./web.ts")> {
  return await import(new URL("./runner-node-web.mjs", import.meta.url).href);
}
