import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { AwsBackend } from "../../lib/aws/aws-backend.ts";
import type { CallRow } from "../../lib/aws/call-row.ts";
import type { ContainerRow } from "../../lib/aws/container-row.ts";
import { createBackend } from "../../lib/aws/create-backend.ts";
import { Deployments } from "../../lib/aws/deployments.ts";
import { APPS, callKey, pageObject } from "../../lib/aws/keys.ts";
import type { Objects } from "../../lib/aws/objects.ts";
import type { Queues } from "../../lib/aws/queues.ts";
import type { Rows } from "../../lib/aws/rows.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { isWindlassError } from "../../lib/errors.ts";
import { spawnOne } from "../../lib/spawn-one.ts";
import type { Stores } from "../../lib/storage/stores.ts";
import { REQUEST_METHOD } from "../../lib/web/door.ts";
import { log } from "../function-process.ts";
import type { FrontPorts } from "./front.ts";

/** A large answer can be read for this long. */
const READABLE_SECONDS = 3600;

export interface OpenPortsOptions {
  readonly environment: string;
  readonly bucket: string;
  readonly rows: Rows;
  readonly objects: Objects;
  readonly queues: Queues;
  readonly countMessages: (queueUrl: string) => Promise<number>;
  readonly s3: S3Client;
  readonly wakeOf: (app: string) => (pools: readonly string[]) => Promise<void>;
}

/** Ports to an environment. */
export function openPorts(options: OpenPortsOptions): FrontPorts {
  const { environment, rows, objects, queues, countMessages, wakeOf } = options;
  const deployments = new Map<string, Deployments>();
  const deploymentsOf = kept(deployments, (app) => {
    return new Deployments({ app, environment, rows, objects, now: () => performance.now() });
  });
  const backends = new Map<string, AwsBackend>();
  const backendOf = kept(backends, (app) =>
    createBackend({
      ...{ app, environment, rows, objects, queues, countMessages, wake: wakeOf(app) },
      stores: {} as Stores, // Nothing here asks for any.
      onError: (error) => log({ event: "failed", at: "front", app, error: String(error) }),
    }),
  );
  const deployment: FrontPorts["deployment"] = async (app) =>
    await unlessMissing(deploymentsOf(app).current());
  return {
    deployment,
    appOf: openAppOf(rows, deployment),
    async spawn(app, name, input) {
      const target = { app, name, method: REQUEST_METHOD };
      const args = encodePage([input], () => "request");
      return await spawnOne(backendOf(app), target, { unary: true, args });
    },
    read: (app, callId, waitMs) =>
      unlessMissing(backendOf(app).read({ callId, start: 0, count: 1, waitMs })),
    late: (app, id, waitMs) => backendOf(app).answers.take(id, waitMs),
    async functionOf(app, callId) {
      const found = await rows.get<CallRow>(callKey(app, callId));
      return found?.body.method === REQUEST_METHOD ? (found.body.pool ?? undefined) : undefined;
    },
    count: countMessages,
    async hasContainers(app, name) {
      const found = await rows.list<ContainerRow>(`${app}#containers`);
      return found.some(
        ({ body }) => body.pool === name && body.status === "ready" && body.isServed === true,
      );
    },
    async store({ app, callId, type }, body) {
      const Key = pageObject(app, callId, "answer");
      const place = { Bucket: options.bucket, Key };
      await options.s3.send(new PutObjectCommand({ ...place, Body: body, ContentType: type }));
      return await getSignedUrl(options.s3, new GetObjectCommand(place), {
        expiresIn: READABLE_SECONDS,
      });
    },
    log,
    now: Date.now,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}

/** Which app a target group is of: what apps say, once asked. */
function openAppOf(rows: Rows, deployment: FrontPorts["deployment"]): FrontPorts["appOf"] {
  const known = new Map<string, string>();
  return async (targetGroup) => {
    const app = known.get(targetGroup);
    if (app !== undefined) return app;
    for (const { sk } of await rows.list<unknown>(APPS)) {
      const found = (await deployment(sk))?.manifest.frontTargetGroup;
      if (found !== undefined) known.set(found, sk);
      if (found === targetGroup) break;
    }
    return known.get(targetGroup);
  };
}

function kept<Value>(known: Map<string, Value>, make: (key: string) => Value) {
  return (key: string): Value => {
    const value = known.get(key) ?? make(key);
    known.set(key, value);
    return value;
  };
}

/** Undefined for what is not there, or not any more. */
async function unlessMissing<Value>(promise: Promise<Value>): Promise<Value | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (isWindlassError(error) && GONE.includes(error.code)) return undefined;
    throw error;
  }
}

const GONE: readonly string[] = [
  "WINDLASS_APP_NOT_DEPLOYED",
  "WINDLASS_CALL_NOT_FOUND",
  "WINDLASS_OUTPUT_EXPIRED",
];
