import { onTestFinished } from "vitest";
import { aws, unique, until } from "./aws.ts";

/** A stack of these resources, for one test, and its outputs: by CloudFormation's own protocol, without a client. */
export async function createStack(
  resources: object,
  outputs: Readonly<Record<string, object>>,
): Promise<Record<string, string>> {
  const StackName = unique("stack");
  const Outputs = Object.fromEntries(
    Object.entries(outputs).map(([name, Value]) => [name, { Value }]),
  );
  const TemplateBody = JSON.stringify({ Resources: resources, Outputs });
  onTestFinished(async () => {
    await cloudFormation({ Action: "DeleteStack", StackName });
  });
  await cloudFormation({ Action: "CreateStack", StackName, TemplateBody });
  return await until(StackName, async () => {
    const xml = await cloudFormation({ Action: "DescribeStacks", StackName });
    if (/ROLLBACK|FAILED/.test(xml)) throw new Error(xml);
    if (!xml.includes("<StackStatus>CREATE_COMPLETE<")) return undefined;
    const pairs = xml.matchAll(
      /<OutputKey>(.*?)<\/OutputKey>\s*<OutputValue>(.*?)<\/OutputValue>/g,
    );
    return Object.fromEntries([...pairs].map(([, key = "", value = ""]) => [key, value]));
  });
}

async function cloudFormation(fields: Record<string, string>): Promise<string> {
  const scope = `${aws.region}/cloudformation/aws4_request`;
  const answer = await fetch(aws.endpoint, {
    method: "POST",
    headers: { authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${scope}` },
    body: new URLSearchParams({ Version: "2010-05-15", ...fields }),
  });
  const xml = await answer.text();
  if (!answer.ok) throw new Error(xml);
  return xml;
}
