import { readFileSync } from "node:fs";
import { join } from "node:path";
import { NoSuchBucket, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { onAws } from "../../lib/aws/aws-error.ts";
import { deleteObjects } from "../../lib/aws/deploy/delete-data.ts";
import { NotFoundError } from "../../lib/errors.ts";
import { ASSET_MANIFEST, TEMPLATE_FILE } from "./assembly.ts";
import type { AwsProvider } from "./serverless.ts";

/** What the plugin reads of the CDK's manifest of assets. */
interface AssetManifest {
  readonly files: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path: string };
        readonly destinations: Readonly<
          Record<string, { readonly bucketName: string; readonly objectKey: string }>
        >;
      }
    >
  >;
}

/** The qualifier of `cdk bootstrap` where none is given. */
const DEFAULT_QUALIFIER = "hnb659fds";

/**
 * Uploads what the CDK wrote into a folder, all but the template, to the bucket of `cdk bootstrap`.
 *
 * @throws NotFoundError when there is no such bucket; WindlassError when AWS refuses
 */
export async function uploadFiles(provider: AwsProvider, folder: string): Promise<void> {
  const text = readFileSync(join(folder, ASSET_MANIFEST), "utf8");
  const { files } = JSON.parse(text) as AssetManifest;
  const client = new S3Client(await provider.getAwsSdkV3Config());
  for (const { source, destinations } of Object.values(files)) {
    if (source.path === TEMPLATE_FILE) continue;
    const Body = readFileSync(join(folder, source.path));
    for (const { bucketName, objectKey } of Object.values(destinations)) {
      const Bucket = await inAccount(bucketName, provider);
      await onAws(`upload "${objectKey}" to bucket "${Bucket}"`, async () => {
        try {
          await client.send(new PutObjectCommand({ Bucket, Key: objectKey, Body }));
        } catch (error) {
          throw error instanceof NoSuchBucket ? notBootstrapped(Bucket, error) : error;
        }
      });
    }
  }
}

/** Removes what was uploaded with keys that begin like this. @throws WindlassError when AWS refuses */
export async function removeUploads(
  provider: AwsProvider,
  prefix: string,
  qualifier: string = DEFAULT_QUALIFIER,
): Promise<void> {
  const client = new S3Client(await provider.getAwsSdkV3Config());
  const name = `cdk-${qualifier}-assets-\${AWS::AccountId}-\${AWS::Region}`;
  const Bucket = await inAccount(name, provider);
  await deleteObjects(client, Bucket, prefix);
}

/** The CDK writes names of buckets for whichever account and region they are deployed to. */
async function inAccount(name: string, provider: AwsProvider): Promise<string> {
  const account = await provider.getAccountId();
  return name
    .replaceAll(/\$\{AWS::AccountId\}/g, account)
    .replaceAll(/\$\{AWS::Region\}/g, provider.getRegion());
}

function notBootstrapped(bucket: string, cause: unknown): NotFoundError {
  return new NotFoundError(
    "WINDLASS_CDK_NOT_BOOTSTRAPPED",
    `there is no bucket "${bucket}", which \`cdk bootstrap\` makes`,
    {
      cause,
      hint: "run `npx windlass bootstrap`, or set `windlass.qualifier` to that of the account",
    },
  );
}
