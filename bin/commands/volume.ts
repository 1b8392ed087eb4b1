import { lstatSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { type FileEntry, Volume } from "../../lib/index.ts";
import { storesFor } from "../../lib/storage/choose-stores.ts";
import { nameOf, toVolumePath } from "../../lib/storage/volume-path.ts";
import { scanFolder } from "../../lib/storage/volumes/scan.ts";
import { createByteProgress } from "../byte-progress.ts";
import type { Invocation } from "../command-table.ts";
import {
  type ActionContext,
  type Actions,
  objectActions,
  printLine,
  runAction,
} from "../storage/actions.ts";
import { fileLines } from "../storage/file-lines.ts";

const STDOUT = "-";

const ACTIONS: Actions = {
  ...objectActions("volume", Volume.objects),
  ls: { operands: "<name> [path]", run: list },
  get: { operands: "<name> <path> [local]", run: get },
  put: { operands: "<name> <local> [path]", run: put },
  cp: { operands: "<name> <source> [source...] <destination>", run: copy },
  rm: {
    operands: "<name> <path>",
    run: (context) => volumeOf(context).removeFile(context.rest[0] ?? "", recursiveOf(context)),
  },
  rename: {
    operands: "<name> <new-name>",
    run: ({ name, rest, connect }) => Volume.rename(name, rest[0] ?? "", connect),
  },
};

/** What is in volumes, and which there are; files to and from them. */
export async function run(invocation: Invocation): Promise<number> {
  return await runAction("volume", ACTIONS, invocation);
}

async function list(context: ActionContext): Promise<void> {
  const found: FileEntry[] = [];
  const { recursive } = recursiveOf(context);
  for await (const entry of volumeOf(context).iterdir(context.rest[0], { recursive })) {
    // One line a file: there may be millions.
    if (context.json) printLine(JSON.stringify(entry));
    else found.push(entry);
  }
  for (const line of fileLines(found)) printLine(line);
}

async function get(context: ActionContext): Promise<void> {
  const { name, connect } = context;
  const [path = "", local = "."] = context.rest;
  const volume = volumeOf(context);
  if (local === STDOUT) return await pipeline(volume.readFile(path), process.stdout);
  const entries = await volume.listdir(path, { recursive: true });
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  const progress = createByteProgress(`${name}:${path}`, total);
  const target = isFolder(local) ? join(local, nameOf(toVolumePath(path))) : local;
  const request = { path, target: resolve(target), force: context.options["force"] === true };
  const { volumes } = storesFor(connect);
  await progress.during((onBytes) => volumes.download(name, request, onBytes));
}

async function put(context: ActionContext): Promise<void> {
  const { name, connect } = context;
  const [local = "", path = "/"] = context.rest;
  const kind = isFolder(local) ? "folder" : "file";
  const at = kind === "file" && path.endsWith("/") ? `${path}${basename(local)}` : path;
  const request = {
    items: [{ kind, local: resolve(local), path: at } as const],
    force: context.options["force"] === true,
  };
  const progress = createByteProgress(local, await bytesOf(local, kind));
  const { volumes } = storesFor(connect);
  await progress.during((onBytes) => volumes.upload(name, request, onBytes));
}

async function copy(context: ActionContext): Promise<void> {
  const paths = context.rest;
  const [destination = ""] = paths.slice(-1);
  await volumeOf(context).copyFiles(paths.slice(0, -1), destination, recursiveOf(context));
}

async function bytesOf(local: string, kind: "file" | "folder"): Promise<number> {
  if (kind === "file") return statSync(local, { throwIfNoEntry: false })?.size ?? 0;
  const scanned = await scanFolder(local);
  return [...scanned.values()].reduce((sum, { size }) => sum + size, 0);
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function recursiveOf({ options }: ActionContext): { readonly recursive: boolean } {
  return { recursive: options["recursive"] === true };
}

function volumeOf({ name, connect }: ActionContext): Volume {
  return Volume.fromName(name, connect);
}
