import { spawnSync } from "node:child_process";
import { randomFillSync } from "node:crypto";
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { BenchError } from "../bench-error.ts";
import { ENDPOINT, useEmulator } from "../emulator.ts";
import { runProgram } from "../program.ts";
import { ensureAwsCli } from "../python-environment.ts";
import type { Suite, SuiteContext } from "../suite.ts";

const FILE_BYTES = 10_000;
const FOLDERS = 100;
const PIECE_BYTES: number = 8 * 1024 * 1024;
const CHANGED_OF = 100;

/** Files to a volume on the AWS emulator and from it, against the AWS CLI and against requests with nothing around them. */
export const volume: Suite = {
  name: "volume",
  async run(context) {
    useEmulator();
    const bench = new Bench(context);
    try {
      for (let round = 0; round < context.rounds; round += 1) bench.upload(round);
      bench.download();
    } finally {
      bench.end();
    }
  },
};

class Bench {
  readonly #context: SuiteContext;
  readonly #folder: string;
  readonly #main: string;
  readonly #environment = `volume-${process.pid}`;
  readonly #files: number;
  readonly #python: string = ensureAwsCli();

  constructor(context: SuiteContext) {
    this.#context = context;
    this.#folder = context.projects.folder("volume");
    this.#main = join(context.projects.repository, "dist/bin/main.js");
    this.#files = context.quick ? 1000 : 10_000;
    process.env["WINDLASS_ENVIRONMENT"] = this.#environment;
    // What was uploaded before is remembered there.
    process.env["XDG_CACHE_HOME"] = join(this.#folder, "cache");
    this.#cli(["bootstrap", "--environment", this.#environment]);
  }

  /** Many small files, to a volume and to a bucket that have nothing yet; then with one in a hundred changed. */
  upload(round: number): void {
    const { measurements, rounds, progress } = this.#context;
    const files = join(this.#folder, "files");
    progress(`round ${round + 1} of ${rounds}: making files`);
    makeFiles(files, this.#files);
    const bucket = `volume-${process.pid}-${round}`;
    progress(`round ${round + 1} of ${rounds}: aws s3 sync`);
    this.#aws(["s3", "mb", `s3://${bucket}`]);
    const seconds = this.#aws(["s3", "sync", files, `s3://${bucket}`]);
    measurements.add("s3_sync", "upload", { value: this.#files / seconds, unit: "files/s" });
    this.#aws(["s3", "rb", "--force", `s3://${bucket}`]);

    progress(`round ${round + 1} of ${rounds}: volume`);
    const first = this.#volume("upload", `files-${round}`, files);
    const wall = this.#files / first.wall;
    measurements.add("windlass", "upload", { value: wall, unit: "files/s" });
    const value = this.#files / first.seconds;
    measurements.add("first", "changed_upload", { value, unit: "files/s" });
    changeFiles(files, this.#files);
    const again = this.#files / this.#volume("upload", `files-${round}`, files).seconds;
    measurements.add("windlass", "changed_upload", { value: again, unit: "files/s" });
    this.#cli(["volume", "delete", `files-${round}`, "--on", "aws"]);
  }

  /** One large file. */
  download(): void {
    const { measurements, rounds, progress, quick } = this.#context;
    const bytes = quick ? 100_000_000 : 1_000_000_000;
    const source = join(this.#folder, "source");
    mkdirSync(source, { recursive: true });
    makeFile(join(source, "large"), bytes);
    const bucket = `ranges-${process.pid}`;
    progress("uploading a large file");
    this.#node(["s3-ranges.mjs", "put", bucket, join(source, "large")]);
    this.#volume("upload", "large", source);
    for (let round = 0; round < rounds; round += 1) {
      progress(`round ${round + 1} of ${rounds}: large file`);
      const target = join(this.#folder, "target");
      const add = (name: string, { seconds }: Reply): void => {
        const value = bytes / 1_000_000 / seconds;
        measurements.add(name, "get_1gb", { value, unit: "MB/s" });
        rmSync(target);
      };
      add("ranged_gets", this.#node(["s3-ranges.mjs", "get", bucket, target]));
      add("windlass", this.#volume("get", "large", target));
    }
    this.#aws(["s3", "rb", "--force", `s3://${bucket}`]);
  }

  end(): void {
    this.#cli(["destroy", "--environment", this.#environment, "--delete-data"]);
  }

  #volume(what: string, name: string, path: string): Reply {
    return this.#node(["volume-client.mjs", what, name, path]);
  }

  #node(args: readonly string[]): Reply {
    const { output, milliseconds } = runProgram(args, this.#folder);
    const last = output.trim().split("\n").at(-1) || "{}";
    return { seconds: 0, ...JSON.parse(last), wall: milliseconds / 1000 }; // Printed by the program.
  }

  #cli(args: readonly string[]): void {
    this.#context.progress(`windlass ${args.slice(0, 2).join(" ")}`);
    runProgram([this.#main, ...args], this.#folder);
  }

  /** Runs the AWS CLI, and answers how many seconds it took from its start to its end. */
  #aws(args: readonly string[]): number {
    const command = ["-m", "awscli", ...args, "--endpoint-url", ENDPOINT, "--only-show-errors"];
    const known = args[1] === "mb" || args[1] === "rb" ? command.slice(0, -1) : command;
    const start = performance.now();
    const { status, stderr } = spawnSync(this.#python, known, { encoding: "utf8" });
    if (status !== 0) throw new BenchError(`aws ${args.join(" ")} failed: ${stderr}`);
    return (performance.now() - start) / 1000;
  }
}

interface Reply {
  /** Of the work itself. */
  readonly seconds: number;
  /** Of the program, from its start to its end. */
  readonly wall: number;
}

function makeFiles(folder: string, count: number): void {
  rmSync(folder, { recursive: true, force: true });
  for (let index = 0; index < FOLDERS; index += 1)
    mkdirSync(pathOf(folder, index), { recursive: true });
  for (let index = 0; index < count; index += 1) {
    writeFileSync(join(pathOf(folder, index), `${index}.bin`), noise(FILE_BYTES));
  }
}

function changeFiles(folder: string, count: number): void {
  for (let index = 0; index < count; index += CHANGED_OF) {
    const file = join(pathOf(folder, index / CHANGED_OF), `${index / CHANGED_OF}.bin`);
    const bytes = readFileSync(file);
    bytes.fill(noise(100), 50, 150);
    writeFileSync(file, bytes);
  }
}

function makeFile(path: string, bytes: number): void {
  const file = openSync(path, "w");
  for (let at = 0; at < bytes; at += PIECE_BYTES) {
    writeSync(file, noise(Math.min(PIECE_BYTES, bytes - at)));
  }
  closeSync(file);
}

function pathOf(folder: string, index: number): string {
  return join(folder, `part-${index % FOLDERS}`);
}

function noise(bytes: number): Buffer {
  return randomFillSync(Buffer.allocUnsafe(bytes));
}
