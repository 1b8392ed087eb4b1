import type { WebDomain } from "../app/web/web-domain.ts";

/** The key `windlass` of serverless.yml. */
export interface WindlassConfig {
  /** The module that exports the app, from the folder of serverless.yml; or several. */
  readonly app: string | readonly string[];
  /**
   * The environment that the apps are deployed to. Stages share it: each app is deployed as `<app>-<stage>`.
   * @default "default"
   */
  readonly environment?: string;
  /**
   * Nested stacks that hold the queues of each app. It cannot be changed once deployed.
   * @default - none
   */
  readonly shards?: number;
  /**
   * Whether functions with open calls may be removed: those calls then fail.
   * @default false
   */
  readonly dropCalls?: boolean;
  /**
   * The domain of functions that answer HTTP requests; `false`: they answer none, and can be called all the same.
   * @default - each has one of CloudFront, with HTTPS
   */
  readonly web?: WebDomain | false;
  /**
   * The qualifier that the account was bootstrapped with.
   * @default - the CDK's own
   */
  readonly qualifier?: string;
  /**
   * URIs of built images, by the hash that the spec gives each.
   * @default - a parameter of the stack for each that is missing
   */
  readonly images?: Readonly<Record<string, string>>;
}

const DOMAIN = {
  type: "object",
  properties: {
    domainName: { type: "string", minLength: 1 },
    certificateArn: { type: "string", pattern: "^arn:" },
    hostedZoneId: { type: "string", minLength: 1 },
  },
  required: ["domainName"],
  additionalProperties: false,
} as const;

const FILE = { type: "string", minLength: 1 } as const;

/** The same as JSON Schema, in the dialect that Serverless takes. */
export const CONFIG_SCHEMA: object = {
  type: "object",
  properties: {
    app: { anyOf: [FILE, { type: "array", items: FILE, minItems: 1, uniqueItems: true }] },
    environment: { type: "string", pattern: "^[A-Za-z0-9-]{1,32}$" },
    shards: { type: "integer", minimum: 1, maximum: 50 },
    dropCalls: { type: "boolean" },
    web: { anyOf: [{ const: false }, DOMAIN] },
    qualifier: { type: "string", pattern: "^[a-z0-9]{1,10}$" },
    images: { type: "object", additionalProperties: { type: "string", minLength: 1 } },
  },
  required: ["app"],
  additionalProperties: false,
};
