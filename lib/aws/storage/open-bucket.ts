import { S3Client } from "@aws-sdk/client-s3";
import type { Bucket, BucketReference } from "../../storage/buckets/bucket.ts";
import type { SecretValues } from "../../storage/secret-values.ts";
import { CLIENT_CONFIG } from "../client-config.ts";
import { S3Bucket } from "./s3-bucket.ts";

/** The bucket of a mount. @param secret - with its credentials; by default those of this process */
export function openBucket(mount: BucketReference, secret?: SecretValues): Bucket {
  const { endpointUrl, forcePathStyle } = mount;
  const region = secret?.["AWS_REGION"];
  const client = new S3Client({
    ...CLIENT_CONFIG,
    ...(endpointUrl !== null && { endpoint: endpointUrl }),
    ...(region !== undefined && { region }),
    ...(secret !== undefined && { credentials: credentialsIn(secret) }),
    forcePathStyle,
    followRegionRedirects: true,
  });
  return new S3Bucket(client, mount);
}

function credentialsIn(secret: SecretValues): {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
} {
  const sessionToken = secret["AWS_SESSION_TOKEN"];
  return {
    accessKeyId: secret["AWS_ACCESS_KEY_ID"] ?? "",
    secretAccessKey: secret["AWS_SECRET_ACCESS_KEY"] ?? "",
    ...(sessionToken !== undefined && { sessionToken }),
  };
}
