import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ExecutionError, InvalidError } from "../../errors.ts";
import type { ImageSpec } from "../../spec.ts";
import type { SecretValues } from "../../storage/secret-values.ts";
import { type BuildInputs, valuesOf } from "./build-inputs.ts";
import { docker } from "./docker.ts";
import { lastLines, toStepError } from "./failure.ts";

interface Login {
  readonly username: string;
  readonly password: string;
}

/**
 * Pulls the base of an image whose registry wants to know who asks: Docker then builds on what is here. The credentials
 * are in a file of the folder, and nowhere else.
 * @throws WindlassError when it may not be pulled
 */
export async function pullBase(
  image: ImageSpec,
  inputs: Pick<BuildInputs, "readSecret">,
  folder: string,
): Promise<void> {
  const { registry, base, platform } = image;
  if (registry === null) return;
  if ((await docker(["image", "inspect", base])).code === 0) return;
  const values = registry.secret === null ? {} : await valuesOf(image, registry.secret, inputs);
  const login = await loginOf(image, values);
  const auth = Buffer.from(`${login.username}:${login.password}`).toString("base64");
  const settings = { auths: { [hostOf(base)]: { auth } } };
  writeFileSync(join(folder, "config.json"), JSON.stringify(settings), { mode: 0o600 });
  const pulled = await docker(["--config", folder, "pull", "--platform", platform, base]);
  if (pulled.code === 0) return;
  if (/toomanyrequests/i.test(pulled.output)) throw toStepError(pulled.output);
  throw new ExecutionError(
    "WINDLASS_IMAGE_NOT_PULLED",
    `"${base}" could not be pulled:${lastLines(pulled.output)}`,
    { hint: "look at the name of the image, and at the secret with the credentials" },
  );
}

/** Docker's own name for its registry where a tag has none. */
function hostOf(tag: string): string {
  const [first = ""] = tag.split("/");
  const isHost = tag.includes("/") && (/[.:]/.test(first) || first === "localhost");
  return isHost && first !== "docker.io" ? first : "https://index.docker.io/v1/";
}

async function loginOf({ registry, base }: ImageSpec, values: SecretValues): Promise<Login> {
  const need = (key: string): string => values[key] ?? missing(base, key);
  if (registry?.kind === "gcp") {
    return { username: "_json_key", password: need("SERVICE_ACCOUNT_JSON") };
  }
  if (registry?.kind === "ecr") return await ecrLogin(base, values);
  return { username: need("REGISTRY_USERNAME"), password: need("REGISTRY_PASSWORD") };
}

/** By the secret, else by the credentials of this machine. */
async function ecrLogin(base: string, values: SecretValues): Promise<Login> {
  const [, region = ""] = /ecr(?:-fips)?\.([a-z0-9-]+)\./.exec(base) ?? [];
  const [accessKeyId, secretAccessKey] = [
    values["AWS_ACCESS_KEY_ID"],
    values["AWS_SECRET_ACCESS_KEY"],
  ];
  const sessionToken = values["AWS_SESSION_TOKEN"];
  const credentials =
    accessKeyId === undefined || secretAccessKey === undefined
      ? undefined
      : { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
  const { ECRClient, GetAuthorizationTokenCommand } = await import("@aws-sdk/client-ecr");
  const client = new ECRClient({ region, ...(credentials && { credentials }) });
  try {
    const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}));
    const token = authorizationData?.[0]?.authorizationToken ?? "";
    const [username = "", ...password] = Buffer.from(token, "base64").toString("utf8").split(":");
    return { username, password: password.join(":") };
  } catch (cause) {
    throw new ExecutionError(
      "WINDLASS_ECR_LOGIN",
      `Amazon ECR gives no access to "${base}": ${cause instanceof Error ? cause.message : cause}`,
      { cause, hint: "sign in to AWS, or name a secret with credentials in `secret`" },
    );
  }
}

function missing(base: string, key: string): never {
  throw new InvalidError(
    "WINDLASS_REGISTRY_SECRET",
    `the secret with the credentials for "${base}" has no ${key}`,
    { hint: `set it: \`windlass secret create <name> ${key}=…\`` },
  );
}
