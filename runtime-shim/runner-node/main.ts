import { encodeControl, encodeMessage, type Message } from "../../lib/messages.ts";
import { runtime } from "../../lib/runtime.ts";
import type { LoadRequest } from "../load-request.ts";
import { BatchExecutor } from "./batched.ts";
import { ConcurrentExecutor } from "./concurrent.ts";
import { ContainerBackend } from "./container-backend.ts";
import { Link } from "./link.ts";
import { type Loaded, load } from "./load.ts";
import { encodeError } from "./outputs.ts";
import { type Executor, type ExecutorOptions, SequentialExecutor } from "./sequential.ts";

/**
 * The program of a Node container. It waits for `load`, becomes the function or class named there, says
 * `ready`, and then runs inputs until `exit` or the end of its socket.
 */
const link = new Link(receive);
const backend = new ContainerBackend((buffers) => link.send(buffers));
let executor: Executor | undefined;
let loaded: Loaded | undefined;

runtime.container = true;
runtime.backend = backend;
runtime.current = () => executor?.current;

function receive(message: Message): void {
  const [name, id, index] = message.control;
  switch (name) {
    case "run":
      executor?.run(message);
      break;
    case "batch":
      executor?.batch?.(id as readonly number[]); // Written by the agent.
      break;
    case "cancel":
      executor?.cancel(Number(id), Number(index));
      break;
    case "credit":
      executor?.credit(Number(id), Number(index));
      break;
    case "back":
      executor?.giveBack(Number(id));
      break;
    case "load":
      void start(id as LoadRequest); // Written by the agent.
      break;
    case "exit":
      void exit();
      break;
    default:
      backend.receive(message);
  }
}

async function start(request: LoadRequest): Promise<void> {
  Object.assign(process.env, request.env, {
    WINDLASS_CONTAINER_ID: request.containerId,
    WINDLASS_APP: request.app,
    WINDLASS_FUNCTION: request.name,
  });
  try {
    const ready = await load(request);
    loaded = ready;
    const options = {
      handler: (method: string | undefined) => ready.handler(method),
      send: (buffers: readonly Buffer[]) => link.send(buffers),
    };
    executor = createExecutor(request, options);
    link.send(encodeControl("ready"));
  } catch (error) {
    const page = encodeError(error);
    const control = JSON.stringify(["startup-failed", page.tagged ? 1 : 0]);
    link.send(encodeMessage(control, page.text, page.attachments));
    await leave(1);
  }
}

function createExecutor(request: LoadRequest, options: ExecutorOptions): Executor {
  if (request.isBatched) return new BatchExecutor({ ...options, name: request.name });
  return request.maxInputs > 1 ? new ConcurrentExecutor(options) : new SequentialExecutor(options);
}

async function exit(): Promise<void> {
  await executor?.idle();
  try {
    await loaded?.exit();
  } catch (error) {
    process.stderr.write(
      `exit hook failed: ${String(error instanceof Error ? error.stack : error)}\n`,
    );
  }
  await leave(0);
}

async function leave(code: number): Promise<void> {
  await link.flush();
  process.exit(code);
}
