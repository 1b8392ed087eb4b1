import { App, Dict, Queue, Secret, Volume } from "windlass";

/** Names are of the project: others of its tests use other ones. */
export const notes = Dict.fromName<unknown>("python-notes", { createIfMissing: true });
export const tasks = Queue.fromName<unknown>("python-tasks", { createIfMissing: true });
export const files = Volume.fromName("python-files", { createIfMissing: true });
Secret.fromName("python-secret");

export const app = new App("python-storage");

const of = (symbol: string): { readonly handler: string } => ({ handler: `storage.py:${symbol}` });

export const read = app.python<(key: string) => unknown>("read", of("read"));
export const write = app.python<(key: string, value: unknown) => boolean>("write", of("write"));
export const everyOperation = app.python<() => Record<string, unknown>>(
  "everyOperation",
  of("every_operation"),
);
export const awaited = app.python<() => Record<string, unknown>>("awaited", of("awaited"));
export const count = app.python<(key: string) => number>("count", of("count"));
export const threads = app.python<(key: string) => number>("threads", {
  ...of("count"),
  concurrency: { maxInputs: 8 },
  maxContainers: 1,
});
export const take = app.python<(timeout: number) => unknown>("take", of("take"));
export const queueOperations = app.python<() => Record<string, unknown>>(
  "queueOperations",
  of("queue_operations"),
);
export const partitions = app.python<() => unknown[]>("partitions", of("partitions"));
export const mistakes = app.python<() => string[]>("mistakes", of("mistakes"));
export const scratch = app.python<() => string[]>("scratch", of("scratch"));
export const reach = app.python<(id: string) => unknown>("reach", of("reach"));
export const secret = app.python<() => string>("secret", of("secret"));
export const narrow = app.python<(key: string) => unknown>("narrow", { ...of("read"), uses: [] });
export const stray = app.python<() => void>("stray", of("stray"));
export const fileOperations = app.python<(folder: string) => Record<string, unknown>>(
  "fileOperations",
  of("file_operations"),
);
export const filesAwaited = app.python<() => unknown[]>("filesAwaited", of("files_awaited"));
export const mounted = app.python<(line: string) => unknown[]>("mounted", {
  ...of("mounted"),
  volumes: { "/files": files },
});
export const fileMistakes = app.python<(folder: string) => string[]>(
  "fileMistakes",
  of("file_mistakes"),
);
