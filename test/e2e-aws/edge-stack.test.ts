import { DescribeSecurityGroupsCommand } from "@aws-sdk/client-ec2";
import {
  CreateRuleCommand,
  CreateTargetGroupCommand,
  DescribeRulesCommand,
  ModifyRuleCommand,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { describe, expect } from "vitest";
import WebSocket from "ws";
import { awsTest, unique } from "./aws.ts";
import { ec2, newCluster } from "./cluster.ts";
import { ask, EDGE, elb, open, startTarget, TestGroup } from "./edge-lab.ts";
import { createEdgeStack, SECRET } from "./edge-stack.ts";

/** The stack, with one container behind its endpoint. */
async function served() {
  const cluster = await newCluster();
  await cluster.host();
  const [stack, target] = await Promise.all([createEdgeStack(), startTarget(cluster, "one")]);
  const group = TestGroup.of(stack.group);
  await group.add(target);
  return { stack, group, target };
}

describe("a distribution", () => {
  awsTest("asks its load balancer with its own header and the viewer's others", async () => {
    const { stack } = await served();
    const headers = { Authorization: "Bearer t", Cookie: "a=1; b=2", "x-windlass-endpoint": "no" };
    const answer = await ask(stack.domain, "/who?q=%20&q=2", { headers });

    expect(answer).toMatchObject({ status: 200, headers: { "x-cache": "Miss from cloudfront" } });
    expect(JSON.parse(answer.body)).toMatchObject({
      ...{ name: "one", url: "/who?q=%20&q=2" },
      headers: {
        ...{ host: stack.balancer, authorization: "Bearer t", cookie: "a=1; b=2" },
        ...{ "x-windlass-endpoint": SECRET, "x-forwarded-proto": "http" },
        via: expect.stringMatching(/cloudfront\.net \(CloudFront\)$/),
        "x-amz-cf-id": expect.any(String),
      },
    });
    expect((await ask(stack.balancer, "/who")).status).toBe(404);
  });

  awsTest("streams both ways, and lets WebSockets through", async () => {
    const { stack } = await served();
    const events = await open(stack.domain, "/events?count=3");
    const chunks: string[] = [];
    for await (const chunk of events) chunks.push(String(chunk));
    const body = Buffer.alloc(3 * 1024 * 1024, "y");
    const echoed = await ask(stack.domain, "/echo", { method: "PUT", body });
    const socket = new WebSocket(`ws://${EDGE.host}:${EDGE.port}/socket`, {
      headers: { host: stack.domain },
    });
    const heard = await new Promise((resolve, reject) => {
      socket.on("error", reject).on("message", (data) => resolve(String(data)));
      socket.on("open", () => socket.send("hello"));
    });
    socket.close();

    expect(chunks.length).toBeGreaterThanOrEqual(3);
    expect(echoed.body.length).toBe(body.length);
    expect(heard).toBe("hello");
  });

  awsTest("waits for its origin as long as it is told, and asks again for a GET", async () => {
    const { stack } = await served();
    const begun = performance.now();
    const posted = await ask(stack.domain, "/slow?ms=5000", { method: "POST", body: "x" });
    const postedMs = performance.now() - begun;
    const got = await ask(stack.domain, "/slow?ms=5000");
    const gotMs = performance.now() - begun - postedMs;

    expect([posted.status, got.status]).toEqual([504, 504]);
    expect(postedMs).toBeLessThan(2000);
    // Three attempts.
    expect(gotMs).toBeGreaterThan(2900);
    expect(posted.headers["x-cache"]).toBe("Error from cloudfront");
  });

  awsTest("is told nothing of another's containers", async () => {
    const { stack } = await served();

    expect(JSON.parse((await ask(stack.frontDomain, "/x")).body)).toMatchObject({ path: "/x" });
    expect((await ask("d0000000000000.cloudfront.net", "/x")).status).toBe(421);
  });
});

describe("a function behind a load balancer", () => {
  awsTest("gets requests as events, and answers with headers of many values", async () => {
    const { stack } = { stack: await createEdgeStack() };
    const headers = { "Content-Type": "application/json", "X-Two": "1" };
    const asked = { method: "POST", headers, body: '{"n":1}' };
    const {
      status,
      headers: answered,
      body,
    } = await ask(stack.frontDomain, "/a%20b?q=%20&q=2", asked);

    expect(status).toBe(201);
    expect(answered["set-cookie"]).toEqual(["a=1", "b=2"]);
    expect(JSON.parse(body)).toMatchObject({
      requestContext: { elb: { targetGroupArn: stack.frontGroup } },
      ...{ httpMethod: "POST", path: "/a%20b", body: '{"n":1}', isBase64Encoded: false },
      multiValueQueryStringParameters: { q: ["%20", "2"] },
      multiValueHeaders: { "x-two": ["1"], host: [stack.balancer] },
    });
  });

  awsTest("takes and gives bytes, up to a megabyte", async () => {
    const stack = await createEdgeStack();
    const body = Buffer.from([1, 2, 255]);
    const event = await ask(stack.frontDomain, "/x", { method: "PUT", body });
    const large = { method: "POST", body: Buffer.alloc(1024 * 1024 + 1) };
    const bytes = await open(stack.frontDomain, "/bytes");
    const got: Buffer[] = [];
    for await (const chunk of bytes) got.push(chunk as Buffer);

    expect(JSON.parse(event.body)).toMatchObject({
      ...{ isBase64Encoded: true, body: body.toString("base64") },
    });
    expect(Buffer.concat(got)).toEqual(Buffer.from([0, 255]));
    expect((await ask(stack.frontDomain, "/x", large)).status).toBe(413);
    expect((await ask(stack.frontDomain, "/large")).status).toBe(502);
  });

  awsTest("that fails, or answers in no form, is 502; a WebSocket is 400", async () => {
    const stack = await createEdgeStack();
    const socket = new WebSocket(`ws://${EDGE.host}:${EDGE.port}/`, {
      headers: { host: stack.frontDomain },
    });
    const refused = await new Promise<Error>((resolve) => socket.on("error", resolve));

    expect((await ask(stack.frontDomain, "/broken")).status).toBe(502);
    expect((await ask(stack.frontDomain, "/shapeless")).status).toBe(502);
    expect(refused.message).toContain("400");
  });

  awsTest("cannot be a target before the load balancer may invoke it", async () => {
    const request = { Name: unique("group"), TargetType: "lambda" as const };
    const { TargetGroups } = await elb.send(new CreateTargetGroupCommand(request));
    const Id = "arn:aws:lambda:us-east-1:000000000000:function:nobody";
    const TargetGroupArn = TargetGroups?.[0]?.TargetGroupArn ?? "";
    const registered = elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id }] }));

    await expect(registered).rejects.toMatchObject({ name: "AccessDenied" });
  });
});

describe("a template's load balancer", () => {
  awsTest("has its rules as the API tells them, which the API changes", async () => {
    const { stack } = await served();
    const { Rules = [] } = await elb.send(new DescribeRulesCommand({ RuleArns: [stack.rule] }));
    const Actions = [{ Type: "forward" as const, TargetGroupArn: stack.frontGroup }];
    const before = await ask(stack.domain, "/who");
    await elb.send(new ModifyRuleCommand({ RuleArn: stack.rule, Actions }));
    const Conditions = [{ Field: "path-pattern", Values: ["/x"] }];
    const again = { ListenerArn: stack.listener, Priority: 2, Conditions, Actions };
    const { Rules: all = [] } = await elb.send(
      new DescribeRulesCommand({ ListenerArn: stack.listener }),
    );

    expect(stack.fullName).toMatch(/^app\/[^/]+\/[0-9a-z]{16}$/);
    expect(Rules[0]).toMatchObject({
      Conditions: [{ HttpHeaderConfig: { HttpHeaderName: "x-windlass-endpoint" } }],
      Actions: [{ Type: "forward", TargetGroupArn: stack.group }],
    });
    expect(all[0]?.Conditions?.[1]).toEqual({
      Field: "query-string",
      QueryStringConfig: { Values: [{ Key: "wait", Value: "*" }] },
    });
    expect(before.status).toBe(200);
    await expect.poll(async () => (await ask(stack.domain, "/who")).status).toBe(201);
    await expect(elb.send(new CreateRuleCommand(again))).rejects.toMatchObject({
      name: "PriorityInUseException",
    });
  });

  awsTest("shares requests among groups by their weights", async () => {
    const { stack } = await served();
    const TargetGroups = [
      { TargetGroupArn: stack.frontGroup, Weight: 0 },
      { TargetGroupArn: stack.group, Weight: 3 },
    ];
    const Actions = [{ Type: "forward" as const, ForwardConfig: { TargetGroups } }];
    const { Rules } = await elb.send(new ModifyRuleCommand({ RuleArn: stack.rule, Actions }));
    const asked = Array.from({ length: 20 }, () => ask(stack.domain, "/who"));

    expect(Rules?.[0]?.Actions?.[0]?.ForwardConfig?.TargetGroups).toEqual(TargetGroups);
    expect(new Set((await Promise.all(asked)).map(({ status }) => status))).toEqual(new Set([200]));
  });

  awsTest("is let through to hosts by a rule of its own", async () => {
    const { hosts } = await createEdgeStack();
    const { SecurityGroups } = await ec2.send(
      new DescribeSecurityGroupsCommand({ GroupIds: [hosts] }),
    );

    expect(SecurityGroups?.[0]?.IpPermissions).toMatchObject([
      { FromPort: 32768, ToPort: 65535, UserIdGroupPairs: [{ GroupId: expect.any(String) }] },
    ]);
  });
});
