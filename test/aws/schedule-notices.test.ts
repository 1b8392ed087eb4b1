import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { STSClient } from "@aws-sdk/client-sts";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createPublish, postJson } from "../../cdk/schedules/publish.ts";
import { fakeAws } from "../cli/fake-aws.ts";
import { rejection } from "../dsl/mistake.ts";

/** A webhook that answers so; what it was sent. */
async function webhook(
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly url: string; readonly heard: object[] }> {
  const heard: object[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      heard.push({ ...JSON.parse(Buffer.concat(chunks).toString()), path: request.url });
      response.writeHead(status, headers).end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook/token`, heard };
}

describe("a webhook", () => {
  it("is posted JSON", async () => {
    const { url, heard } = await webhook(204);

    await postJson(url, { event: "schedule-failed" });

    expect(heard).toEqual([{ event: "schedule-failed", path: "/hook/token" }]);
  });

  it("that answers with no success is an error, which does not tell its token", async () => {
    const { url } = await webhook(500);

    const message = await rejection(postJson(url, {}));

    expect(message).toContain("WINDLASS_WEBHOOK_REFUSED");
    expect(message).toContain("answered 500");
    expect(message).not.toContain("token");
  });

  it("is not followed to another address", async () => {
    const other = await webhook(204);
    const { url } = await webhook(307, { location: other.url });

    await expect(postJson(url, {})).rejects.toThrow();

    expect(other.heard).toEqual([]);
  });
});

it("publishes with the role of the app, in the region of the topic", async () => {
  const asked: string[] = [];
  const env = await fakeAws({
    AssumeRole: (body) => {
      asked.push(body);
      return `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>app</AccessKeyId>
        <SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
        <Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;
    },
    Publish: (body) => {
      asked.push(body);
      return "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>";
    },
  });
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value ?? "");
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const role = "arn:aws:iam::111122223333:role/windlass/default/schedules";
  const arn = "arn:aws:sns:eu-west-1:111122223333:alarms";

  await createPublish(new STSClient())({ arn, role }, { subject: "It failed", text: "{}" });

  const [assumed, published] = asked.map((body) => new URLSearchParams(body));
  expect(assumed?.get("RoleArn")).toBe(role);
  expect(Object.fromEntries(published ?? [])).toMatchObject({
    TopicArn: arn,
    Subject: "It failed",
    Message: "{}",
  });
});
