import { relative, sep } from "node:path";
import type { ImageSecretSpec, ImageSpec, RegistrySpec } from "../spec.ts";
import type { Secret } from "../storage/secret.ts";
import type { SecretValues } from "../storage/secret-values.ts";
import type { RegistryLogin } from "./base.ts";
import type { BuildSecret } from "./build-secrets.ts";
import type { Image } from "./image.ts";
import type { LocalFiles } from "./local-files.ts";

/** The secret in code of a registry; those of steps are `inline-<n>`. */
const LOGIN_SECRET = "login";

/** What an image is built from and no spec can hold. */
export interface ImageSources {
  /** By their hashes. */
  readonly files: ReadonlyMap<string, LocalFiles>;
  /** Of secrets in code, by their ids. */
  readonly secrets: ReadonlyMap<string, () => SecretValues>;
}

const KEY: symbol = Symbol.for("windlass.image-sources");

// By a registered symbol: an app may be resolved by another copy of this package than the one that builds its images.
const shared = globalThis as unknown as Record<symbol, Map<string, ImageSources> | undefined>;

/** An image as data; what is none is kept for who builds it in this process. */
export function toImageSpec(
  image: Image,
  { root, gpu }: { readonly root: string | undefined; readonly gpu: boolean },
): ImageSpec {
  const { hash, base, platform, layers, dockerfile, python, needs } = image;
  keepSources(image);
  return {
    hash,
    base,
    platform,
    python,
    layers: layers.map((layer) => ({ hash: layer.hash, commands: layer.commands })),
    dockerfile,
    files: needs.files
      .map(({ hash: own, files }) => ({ hash: own, path: toPath(files.source, root) }))
      .sort((a, b) => (a.hash < b.hash ? -1 : 1)),
    secrets: needs.secrets.map(toSecretSpec),
    registry: toRegistrySpec(needs.login),
    entrypoint: needs.entrypoint ?? [],
    isForced: needs.isForced,
    runsCode: needs.runsCode,
    gpu,
  };
}

/** What an image of this process is built from; nothing for one of elsewhere. */
export function sourcesOf(hash: string): ImageSources {
  return shared[KEY]?.get(hash) ?? { files: new Map(), secrets: new Map() };
}

function keepSources({ hash, needs }: Image): void {
  shared[KEY] ??= new Map();
  const login = needs.login?.secret?.inlineValues;
  const secrets = needs.secrets.flatMap(({ id, read }) =>
    read === undefined ? [] : [[id, read] as const],
  );
  shared[KEY].set(hash, {
    files: new Map(needs.files.map((one) => [one.hash, one.files])),
    secrets: new Map([
      ...secrets,
      ...(login === undefined ? [] : [[LOGIN_SECRET, login] as const]),
    ]),
  });
}

function toSecretSpec({ id, name }: BuildSecret): ImageSecretSpec {
  return { id, name: name ?? null };
}

function toRegistrySpec(login: RegistryLogin | undefined): RegistrySpec | null {
  if (login === undefined) return null;
  return {
    kind: login.kind,
    secret: login.secret === undefined ? null : loginSecret(login.secret),
  };
}

function loginSecret(secret: Secret): ImageSecretSpec {
  return { id: LOGIN_SECRET, name: secret.inlineValues === undefined ? secret.name : null };
}

function toPath(source: string, root: string | undefined): string {
  const path = root === undefined ? source : relative(root, source);
  return (path === "" ? "." : path).split(sep).join("/");
}
