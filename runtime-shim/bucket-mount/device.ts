import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, read, writevSync } from "node:fs";
import { ERRNO, FsError } from "./fs-error.ts";
import { answerHeader, type FuseRequest, parseRequest, REQUEST_BYTES } from "./protocol.ts";

/** mount(8) finds the device here. */
const DEVICE_FD = 3;

/** Answers a request; undefined where nobody waits for an answer. @throws FsError */
export type Serve = (request: FuseRequest) => Promise<Buffer | undefined>;

/** The kernel's end of a mount: hands on what it asks, one request after the other, and answers in any order. */
export class FuseDevice {
  /** Resolves when it is unmounted. */
  readonly ended: Promise<void>;
  readonly #fd: number;
  readonly #path: string;
  readonly #serve: Serve;
  #end: () => void = () => {};

  private constructor(fd: number, path: string, serve: Serve) {
    this.#fd = fd;
    this.#path = path;
    this.#serve = serve;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Mounts at a folder, which is made. @throws Error saying what the system said */
  static mount(path: string, given: { readonly isReadOnly: boolean; serve: Serve }): FuseDevice {
    mkdirSync(path, { recursive: true });
    const fd = openSync("/dev/fuse", "r+");
    const options = [
      ...[`fd=${DEVICE_FD}`, "rootmode=40000", "allow_other", "default_permissions"],
      `user_id=${process.getuid?.() ?? 0}`,
      `group_id=${process.getgid?.() ?? 0}`,
      ...["nosuid", "nodev", given.isReadOnly ? "ro" : "rw"],
    ];
    // As itself, not by a helper: the device is open already, and this process serves it.
    const args = ["-i", "-t", "fuse", "-o", options.join(","), "windlass", path];
    const { status, stderr, error } = spawnSync("mount", args, {
      stdio: ["ignore", "ignore", "pipe", fd],
    });
    if (status !== 0) {
      closeSync(fd);
      throw new FsError("EPERM", error?.message ?? String(stderr).trim());
    }
    const device = new FuseDevice(fd, path, given.serve);
    device.#receive();
    return device;
  }

  /** Files that are open stay usable until they are closed. */
  unmount(): void {
    spawnSync("umount", ["-l", this.#path], { stdio: "ignore" });
  }

  #receive(): void {
    const bytes = Buffer.allocUnsafe(REQUEST_BYTES);
    read(this.#fd, bytes, 0, bytes.length, null, (error, length) => {
      // ENODEV: it is unmounted. A request that was given up while it was read is gone: ENOENT, EINTR, EAGAIN.
      if (error?.code === "ENODEV" || (error === null && length === 0)) return this.#end();
      if (error === null) void this.#answer(parseRequest(bytes.subarray(0, length)));
      this.#receive();
    });
  }

  async #answer(request: FuseRequest): Promise<void> {
    try {
      const answer = await this.#serve(request);
      if (answer !== undefined) this.#write(request.unique, 0, answer);
    } catch (error) {
      if (!(error instanceof FsError)) process.stderr.write(`${String(error)}\n`);
      const errno = error instanceof FsError ? error.errno : ERRNO.EIO;
      this.#write(request.unique, errno, Buffer.alloc(0));
    }
  }

  #write(unique: bigint, errno: number, body: Buffer): void {
    try {
      writevSync(this.#fd, [answerHeader(unique, errno, body.length), body]);
    } catch {
      // Whoever asked has been interrupted, or it is unmounted: nobody waits.
    }
  }
}
