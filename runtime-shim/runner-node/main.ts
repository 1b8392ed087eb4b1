import { encodeControl, encodeMessage, type Message } from "../../lib/messages.ts";
import { runtime } from "../../lib/runtime.ts";
import type { LoadRequest } from "../load-request.ts";
import { BatchExecutor } from "./batched.ts";
import { ConcurrentExecutor } from "./concurrent.ts";
import { ContainerBackend } from "./container-backend.ts";
import { createControls } from "./controls.ts";
import { Link } from "./link.ts";
import { type CalledAs, type Loaded, load } from "./load.ts";
import { encodeError } from "./outputs.ts";
import { type Executor, type ExecutorOptions, SequentialExecutor } from "./sequential.ts";

/** What a process exits with that SIGTERM ends. */
const TERMINATED = 143;

/**
 * The program of a Node container. It waits for `load`, becomes the function or class named there, says
 * `ready`, and then runs inputs until `exit`, `preempt`, or the end of its socket.
 */
const link = new Link(receive);
const backend = new ContainerBackend((buffers) => link.send(buffers));
let executor: Executor | undefined;
let loaded: Loaded | undefined;
let isPreempted = false;

runtime.container = true;
runtime.backend = backend;
runtime.current = () => executor?.current;

// Whoever ends this process wants it to go now, and its inputs to run elsewhere.
process.on("SIGTERM", () => {
  link.send(encodeControl("preempted"));
  void leavePreempted();
});

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
      void leaveIdle();
      break;
    case "preempt":
      void leavePreempted();
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
  const send = (buffers: readonly Buffer[]): void => link.send(buffers);
  runtime.controls = createControls(request.maxInputs, {
    send,
    giveAllBack: () => executor?.giveAllBack(),
  });
  try {
    const ready = await load(request);
    loaded = ready;
    const options = { handler: (job: CalledAs) => ready.handler(job), send };
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

/** Finishes what runs, then goes. */
async function leaveIdle(): Promise<void> {
  await executor?.idle();
  // It runs them itself.
  if (isPreempted) return;
  await runHook("exit");
  await leave(0);
}

/** Goes at once: what runs here has gone to others. */
async function leavePreempted(): Promise<void> {
  if (isPreempted) return;
  isPreempted = true;
  if (loaded === undefined) process.exit(TERMINATED);
  executor?.abandon();
  await runHook("preempt");
  await runHook("exit");
  await leave(0);
}

async function runHook(name: "preempt" | "exit"): Promise<void> {
  try {
    await loaded?.[name]();
  } catch (error) {
    const told = String(error instanceof Error ? error.stack : error);
    process.stderr.write(`${name} hook failed: ${told}\n`);
  }
}

async function leave(code: number): Promise<void> {
  await link.flush();
  process.exit(code);
}
