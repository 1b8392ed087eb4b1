import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { AssumeRoleCommand, type STSClient } from "@aws-sdk/client-sts";
import { ExecutionError } from "../../lib/errors.ts";
import type { SchedulePorts } from "./ports.ts";

const POST_MS = 10_000;

/** Publishes with the role of an app, which may publish to the topics that the app names and to no others. */
export function createPublish(sts: STSClient): SchedulePorts["publish"] {
  return async ({ arn, role }, { subject, text }) => {
    const { Credentials } = await sts.send(
      new AssumeRoleCommand({ RoleArn: role, RoleSessionName: "windlass-schedules" }),
    );
    const { AccessKeyId = "", SecretAccessKey = "", SessionToken } = Credentials ?? {};
    const client = new SNSClient({
      // A topic is in the region that its ARN says.
      region: arn.split(":")[3],
      credentials: {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        ...(SessionToken !== undefined && { sessionToken: SessionToken }),
      },
    });
    await client.send(new PublishCommand({ TopicArn: arn, Subject: subject, Message: text }));
    client.destroy();
  };
}

/** Posts JSON. What is not answered with success is an error, and so is being sent elsewhere. */
export async function postJson(url: string, body: object): Promise<void> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    redirect: "error",
    signal: AbortSignal.timeout(POST_MS),
  });
  if (answer.ok) return;
  // Its path may hold a token.
  const { host } = new URL(url);
  throw new ExecutionError(
    "WINDLASS_WEBHOOK_REFUSED",
    `the webhook at ${host} answered ${answer.status}`,
    { hint: "look whether `webhookUrl` is right and takes JSON" },
  );
}
