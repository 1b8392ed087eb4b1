import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "../engine/until.ts";

const UNIT = join(import.meta.dirname, "../../runtime-shim/host/host-unit.py");
const ARN = "arn:aws:ecs:eu-west-1:1:container-instance/cluster/one";
const CREDENTIALS = { AccessKeyId: "AKID", SecretAccessKey: "secret", Token: "session" };
const BEFORE = { status: "ACTIVE", running: 0, pending: 0 };

interface Asked {
  readonly operation: string;
  readonly body: { readonly status?: string; readonly containerInstances?: readonly string[] };
  readonly request: IncomingMessage;
  readonly text: string;
}

/** Looks that take longer than its windows. */
const WINDOWS = 50;

/** SHA-256 as the signer of the AWS SDK takes it. */
class NodeSha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined
        ? createHash("sha256")
        : createHmac(
            "sha256",
            typeof secret === "string" ? secret : Buffer.from(secret as Uint8Array),
          );
  }

  update(data: Uint8Array | string): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    throw new Error("the signer makes a new one each time");
  }
}

/** A host's surroundings: its metadata, the agent of ECS on it, ECS, Docker and the kernel. */
class Host {
  readonly folder: string = mkdtempSync(join(tmpdir(), "windlass-host-"));
  readonly asked: Asked[] = [];
  /** What ECS tells, look by look; the last is told again. */
  looks: (typeof BEFORE)[] = [BEFORE];
  /** What EC2 is about to do with it. */
  interruption: string | undefined;
  isEcsDown = false;
  hasJoined = true;
  unit: ChildProcess | undefined;
  output = "";
  #server: Server | undefined;

  async start(options: readonly string[] = []): Promise<void> {
    this.containers([]);
    writeFileSync(this.#path("kmsg"), "");
    this.#program(
      "docker",
      `case "$1" in ps) echo >>looks.log; cat containers;; *) echo "$@" >>docker.log;; esac`,
    );
    this.#program("shutdown", 'echo "$@" >>shutdown.log');
    const server = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk) => {
        text += chunk;
      });
      request.on("end", () => {
        const [status, body] = this.#answer(request, text);
        response.writeHead(status).end(body);
      });
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const unit = spawn(
      "python3",
      [
        ...[UNIT, "--metadata", url, "--agent", `${url}/agent`, "--ecs", `${url}/`],
        ...["--kernel-log", this.#path("kmsg"), "--every", "0.02", "--recheck", "0.02"],
        ...["--window", "0.2", "--devices", this.#path("devices"), ...options],
      ],
      {
        cwd: this.folder,
        env: { ...process.env, PATH: `${this.folder}${delimiter}${process.env["PATH"]}` },
      },
    );
    for (const stream of [unit.stdout, unit.stderr]) {
      stream?.on("data", (chunk) => {
        this.output += chunk;
      });
    }
    this.unit = unit;
  }

  containers(ids: readonly string[]): void {
    writeFileSync(this.#path("containers"), ids.map((id) => `${id}\n`).join(""));
  }

  kernelSays(line: string): void {
    appendFileSync(this.#path("kmsg"), `${line}\n`);
  }

  /** So many of its devices are GPUs, of which `nvidia-smi` says what this script does. */
  gpus(count: number, script: string): void {
    this.#program("nvidia-smi", script);
    const classes = [...Array.from({ length: count }, () => "0x030200"), "0x068000"];
    for (const [index, kind] of classes.entries()) {
      const device = this.#path(`devices/0000:00:1${index}.0`);
      mkdirSync(device, { recursive: true });
      writeFileSync(join(device, "vendor"), "0x10de\n");
      writeFileSync(join(device, "class"), `${kind}\n`);
    }
  }

  /** How often its GPUs were counted. */
  get counts(): number {
    const path = this.#path("counts.log");
    return existsSync(path) ? readFileSync(path, "utf8").length : 0;
  }

  get isOff(): boolean {
    return existsSync(this.#path("shutdown.log"));
  }

  /** Resolves once it has looked at its containers so often from now on. */
  async rounds(count: number): Promise<void> {
    const path = this.#path("looks.log");
    const made = (): number => (existsSync(path) ? readFileSync(path, "utf8").length : 0);
    const before = made();
    await until(() => made() >= before + count);
  }

  /** What Docker was told, apart from lists. */
  get orders(): string {
    const path = this.#path("docker.log");
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  /** Statuses that ECS was told, in order. */
  get statuses(): (string | undefined)[] {
    return this.asked.flatMap(({ operation, body }) =>
      operation === "UpdateContainerInstancesState" ? [body.status] : [],
    );
  }

  get looksMade(): number {
    return this.asked.filter(({ operation }) => operation.startsWith("Describe")).length;
  }

  close(): void {
    this.unit?.kill("SIGKILL");
    this.#server?.close();
    rmSync(this.folder, { recursive: true });
  }

  #path(name: string): string {
    return join(this.folder, name);
  }

  #program(name: string, script: string): void {
    writeFileSync(this.#path(name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  #answer(request: IncomingMessage, text: string): [number, string] {
    const { method, url = "" } = request;
    if (method === "PUT" && url === "/latest/api/token") return [200, "token"];
    if (url.startsWith("/latest/")) {
      if (request.headers["x-aws-ec2-metadata-token"] !== "token") return [401, "no token"];
      return this.#metadata(url.slice("/latest/meta-data/".length));
    }
    if (url === "/agent/v1/metadata") {
      const arn = this.hasJoined ? { ContainerInstanceArn: ARN } : {};
      return [200, JSON.stringify({ Cluster: "cluster", ...arn })];
    }
    if (method !== "POST" || url !== "/") return [500, `asked for ${method} ${url}`];
    return this.isEcsDown ? [503, "down"] : this.#ecs(request, text);
  }

  #metadata(path: string): [number, string] {
    if (path === "placement/region") return [200, "eu-west-1"];
    if (path === "iam/security-credentials/") return [200, "role"];
    if (path === "iam/security-credentials/role") return [200, JSON.stringify(CREDENTIALS)];
    if (path !== "spot/instance-action") return [500, `asked for ${path}`];
    const { interruption: action } = this;
    return action === undefined ? [404, ""] : [200, JSON.stringify({ action, time: "soon" })];
  }

  #ecs(request: IncomingMessage, text: string): [number, string] {
    const operation = String(request.headers["x-amz-target"]).split(".")[1] ?? "";
    this.asked.push({ operation, body: JSON.parse(text), request, text });
    if (operation !== "DescribeContainerInstances") return [200, "{}"];
    const told = (this.looks.length > 1 ? this.looks.shift() : this.looks[0]) ?? BEFORE;
    const found = {
      status: told.status,
      runningTasksCount: told.running,
      pendingTasksCount: told.pending,
    };
    return [200, JSON.stringify({ containerInstances: [found] })];
  }
}

let host: Host;

beforeEach(() => {
  host = new Host();
});

afterEach(() => host.close());

function hasPython(): boolean {
  try {
    execFileSync("python3", ["--version"]);
    return true;
  } catch (error) {
    if (process.env["CI"] !== undefined) throw error;
    return false;
  }
}

// Skipped where there is no Python; CI has it.
describe.skipIf(!hasPython())("a host", () => {
  it("powers off when it has nothing to run, after two looks while it drains", async () => {
    await host.start();
    await until(() => host.isOff);
    expect(host.statuses).toEqual(["DRAINING"]);
    expect(host.asked.map(({ operation }) => operation.slice(0, 8))).toEqual([
      ...["Describe", "UpdateCo", "Describe", "Describe"],
    ]);
    expect(host.asked[0]?.body.containerInstances).toEqual([ARN]);
  });

  it("signs what it asks of ECS as AWS demands", async () => {
    await host.start();
    await until(() => host.isOff);
    const [{ request, text } = { request: undefined, text: "" }] = host.asked;
    const headers = Object.fromEntries(
      Object.entries(request?.headers ?? {}).map(([name, value]) => [name, String(value)]),
    );
    const signed = /SignedHeaders=([^,]+)/.exec(headers["authorization"] ?? "")?.[1]?.split(";");
    const date = headers["x-amz-date"] ?? "";
    const at = new Date(date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
    const signer = new SignatureV4({
      service: "ecs",
      region: "eu-west-1",
      credentials: {
        accessKeyId: CREDENTIALS.AccessKeyId,
        secretAccessKey: CREDENTIALS.SecretAccessKey,
        sessionToken: CREDENTIALS.Token,
      },
      sha256: NodeSha256,
      applyChecksum: false,
    });
    const expected = await signer.sign(
      {
        ...{ method: "POST", protocol: "http:", hostname: "127.0.0.1", path: "/", body: text },
        headers: Object.fromEntries((signed ?? []).map((name) => [name, headers[name] ?? ""])),
      },
      { signingDate: at },
    );
    expect(headers["authorization"]).toBe(expected.headers["authorization"]);
    expect(headers["x-amz-security-token"]).toBe("session");
  });

  it("stays while it has a container, and asks nobody", async () => {
    await host.start();
    host.containers(["abc"]);
    await host.rounds(WINDOWS);
    expect(host.asked).toEqual([]);
    host.containers([]);
    await until(() => host.isOff);
  });

  it("is active again when a task came between", async () => {
    host.looks = [BEFORE, BEFORE, { ...BEFORE, status: "DRAINING", pending: 1 }, BEFORE];
    await host.start();
    await until(() => host.statuses.length === 2);
    expect(host.statuses).toEqual(["DRAINING", "ACTIVE"]);
    expect(host.isOff).toBe(false);
    await until(() => host.isOff);
  });

  it("does not drain while a task is on its way", async () => {
    host.looks = [{ ...BEFORE, pending: 1 }];
    await host.start();
    await until(() => host.looksMade >= 2);
    expect(host.statuses).toEqual([]);
    expect(host.isOff).toBe(false);
  });

  it("leaves a host that others drain as it is when a task is left on it", async () => {
    host.looks = [
      { ...BEFORE, status: "DRAINING" },
      { status: "DRAINING", running: 1, pending: 0 },
      { ...BEFORE, status: "DRAINING" },
    ];
    await host.start();
    await until(() => host.isOff);
    expect(host.statuses).not.toContain("ACTIVE");
  });

  it("powers off without ECS after twice the time, and never with a container", async () => {
    host.isEcsDown = true;
    await host.start();
    host.containers(["abc"]);
    await host.rounds(WINDOWS);
    expect(host.isOff).toBe(false);
    host.containers([]);
    await until(() => host.isOff);
    expect(host.output).toContain("503 down");
  });

  it("powers off when it never joins its cluster", async () => {
    host.hasJoined = false;
    await host.start();
    await until(() => host.isOff);
    expect(host.output).toContain("has not joined its cluster");
    expect(host.asked).toEqual([]);
  });

  it("drains and tells its containers when EC2 takes it back, once", async () => {
    await host.start();
    host.containers(["abc", "def"]);
    host.interruption = "terminate";
    await until(() => host.statuses.length > 0 && host.orders !== "");
    expect(host.orders).toBe("kill --signal TERM abc def\n");
    host.containers([]);
    await until(() => host.isOff);
    expect(host.orders).toBe("kill --signal TERM abc def\n");
    expect(host.statuses).not.toContain("ACTIVE");
  });

  it("goes on asking ECS to drain it until ECS answers", async () => {
    host.isEcsDown = true;
    await host.start();
    host.containers(["abc"]);
    host.interruption = "terminate";
    await until(() => host.orders !== "" && host.output.includes("503"));
    host.isEcsDown = false;
    await until(() => host.statuses.length > 0);
    expect(host.statuses).toEqual(["DRAINING"]);
  });

  it("drains for a GPU that is broken, not for a program's mistake", async () => {
    await host.start();
    host.containers(["abc"]);
    host.kernelSays("4,1,2,-;NVRM: Xid (PCI:0000:00:1e): 31, pid=7, name=python, MMU Fault");
    host.kernelSays("4,1,2,-;NVRM: Xid (PCI:0000:00:1e): 79, GPU has fallen off the bus.");
    await until(() => host.statuses.length > 0);
    expect(host.statuses).toEqual(["DRAINING"]);
    expect(host.orders).toBe("");
    expect(host.output).toContain("79, GPU has fallen off the bus");
    host.containers([]);
    await until(() => host.isOff);
  });

  it.each([
    ["says fewer than are on the bus", "echo 'GPU 0: L4'; echo 'Unable to determine GPU 1'"],
    ["fails", "echo 'Failed to initialize NVML'; exit 9"],
  ])("drains once the driver of its GPUs %s, twice", async (_, script) => {
    host.gpus(2, `echo >>counts.log; ${script}`);
    await host.start(["--count-gpus", "0.05"]);
    host.containers(["abc"]);
    await until(() => host.statuses.length > 0);
    expect(host.statuses).toEqual(["DRAINING"]);
    expect(host.counts).toBe(2);
    expect(host.output).toContain("of 2 GPUs do not answer");
  });

  it("stays with all its GPUs, and where one was missing once", async () => {
    const once = "test -e once && echo 'GPU 1: L4'; echo >once; echo 'GPU 0: L4'";
    host.gpus(2, `echo >>counts.log; ${once}`);
    await host.start(["--count-gpus", "0.05"]);
    host.containers(["abc"]);
    await until(() => host.counts > 4);
    expect(host.statuses).toEqual([]);
  });

  it("counts no GPUs where there are none", async () => {
    host.gpus(0, "echo >>counts.log");
    await host.start(["--count-gpus", "0"]);
    host.containers(["abc"]);
    await host.rounds(10);
    expect(host.counts).toBe(0);
  });

  it("drains for no other line of the kernel", async () => {
    await host.start();
    host.containers(["abc"]);
    host.kernelSays("4,1,2,-;NVRM: Xid (PCI:0000:00:1e): 31, pid=7, name=python, MMU Fault");
    host.kernelSays("6,2,3,-;eth0: link is up");
    await host.rounds(10);
    expect(host.statuses).toEqual([]);
  });
});
