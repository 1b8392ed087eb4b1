import type { S3ClientConfig } from "@aws-sdk/client-s3";
import type { WindlassConfig } from "./config.ts";

/** A part of a CloudFormation template, by name. */
type Section = Record<string, unknown>;

/** A CloudFormation template as Serverless keeps it. */
export type Template = Record<string, Section | undefined>;

/** What the plugin uses of `provider` in serverless.yml. */
export interface ProviderConfig {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly logRetentionInDays?: number;
  /** An ARN, or what CloudFormation makes one of. */
  readonly rolePermissionsBoundary?: string | object;
  readonly iam?: { readonly role?: { readonly permissionsBoundary?: string | object } };
  readonly stackParameters?: readonly { readonly ParameterKey: string }[];
  /** Set by Serverless while it packages. */
  readonly compiledCloudFormationTemplate?: Template;
  /** Set by Serverless when nothing has changed since the last deployment. */
  readonly shouldNotDeploy?: boolean;
}

/** Serverless's provider "aws". */
export interface AwsProvider {
  readonly naming: { getStackName(): string };
  getStage(): string;
  getRegion(): string;
  getAccountId(): Promise<string>;
  /** Region and credentials, with all that serverless.yml says about them. */
  getAwsSdkV3Config(): Promise<Pick<S3ClientConfig, "region" | "credentials">>;
}

/** The part of Serverless that the plugin stands on. */
export interface Serverless {
  readonly version: string;
  readonly serviceDir: string;
  readonly classes: { readonly Error: new (message: string, code: string) => Error };
  /** serverless.yml, its variables resolved once hooks run. */
  readonly configurationInput: { readonly windlass?: WindlassConfig };
  readonly configSchemaHandler?: { defineTopLevelProperty(name: string, schema: object): void };
  readonly service: {
    readonly provider: ProviderConfig;
    /** Which files go into the functions' packages; a later pattern wins. */
    readonly package: { patterns?: readonly string[] };
    readonly resources?: Template;
  };
  getProvider(name: "aws"): AwsProvider | false;
  addServiceOutputSection(name: string, lines: readonly string[]): void;
}
