import { StopTaskCommand } from "@aws-sdk/client-ecs";
import {
  ModifyRuleCommand,
  ModifyTargetGroupAttributesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { describe, expect } from "vitest";
import WebSocket from "ws";
import { awsTest, until } from "./aws.ts";
import { ecs, newCluster } from "./cluster.ts";
import { EDGE, elb, open, startTarget, TestBalancer, TestGroup } from "./edge-lab.ts";

const everywhere = { Field: "path-pattern", PathPatternConfig: { Values: ["/*"] } };
const header = (HttpHeaderName: string, ...Values: string[]) => ({
  Field: "http-header",
  HttpHeaderConfig: { HttpHeaderName, Values },
});

/** A load balancer before one container. */
async function single(attributes: Readonly<Record<string, string>> = {}) {
  const cluster = await newCluster();
  await cluster.host();
  const target = await startTarget(cluster, "one");
  const balancer = await TestBalancer.create(attributes);
  const group = await TestGroup.create();
  const rule = await balancer.route(group, everywhere);
  await group.add(target);
  return { cluster, target, balancer, group, rule };
}

describe("rules of a load balancer", () => {
  awsTest("choose by header, query string, host, method and path, in order", async () => {
    const cluster = await newCluster();
    await cluster.host();
    const [a, b] = await Promise.all(["a", "b"].map((name) => startTarget(cluster, name)));
    const [first, second] = [await TestGroup.create(), await TestGroup.create()];
    const balancer = await TestBalancer.create();
    await balancer.route(first, header("x-windlass-endpoint", "one.secret"));
    const QueryStringConfig = { Values: [{ Key: "wait", Value: "b*" }] };
    await balancer.route(second, { Field: "query-string", QueryStringConfig });
    const HostHeaderConfig = { Values: ["b.example.com"] };
    await balancer.route(second, { Field: "host-header", HostHeaderConfig });
    const HttpRequestMethodConfig = { Values: ["PUT"] };
    await balancer.route(
      first,
      { Field: "http-request-method", HttpRequestMethodConfig },
      { Field: "path-pattern", PathPatternConfig: { Values: ["/put/?"] } },
    );
    if (a === undefined || b === undefined) throw new Error("two were started");
    await Promise.all([first.add(a), second.add(b)]);

    expect(await balancer.who("/", { headers: { "X-Windlass-Endpoint": "one.SECRET" } })).toBe("a");
    expect(await balancer.who("/?wait=bee")).toBe("b");
    expect(await balancer.who("/", { headers: { host: "b.example.com" } })).toBe("b");
    expect(await balancer.who("/put/1", { method: "PUT" })).toBe("a");
    expect(await balancer.who("/put/12", { method: "PUT" })).toBe("status 404");
    expect(await balancer.ask("/put/1")).toMatchObject({ status: 404, body: "nobody" });
  });

  awsTest("can be turned to another group, and no request is lost on the way", async () => {
    const { balancer, cluster, rule } = await single();
    const other = await TestGroup.create();
    await balancer.route(other, header("x-never", "never"));
    await other.add(await startTarget(cluster, "two"));
    const seen: string[] = [];
    const asking = until(
      "the other",
      async () => {
        seen.push(...(await Promise.all([balancer.who(), balancer.who()])));
        return seen.at(-1) === "two";
      },
      { everyMs: 1 },
    );
    const Actions = [{ Type: "forward" as const, TargetGroupArn: other.arn }];
    await elb.send(new ModifyRuleCommand({ RuleArn: rule, Actions }));
    await asking;

    expect(new Set(seen)).toEqual(new Set(["one", "two"]));
  });
});

describe("a request that is forwarded", () => {
  awsTest("tells the target whose it was", async () => {
    const { balancer } = await single();
    const headers = { "X-Forwarded-For": "203.0.113.7", host: `${balancer.dnsName}:80` };
    const { status, body } = await balancer.ask("/who?a=1&a=%20", { headers });

    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({
      url: "/who?a=1&a=%20",
      headers: {
        host: balancer.dnsName,
        "x-forwarded-for": expect.stringMatching(/^203\.0\.113\.7, [\d.]+$/),
        "x-forwarded-proto": "http",
        "x-forwarded-port": "80",
        "x-amzn-trace-id": expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
      },
    });
  });

  awsTest("streams its events one by one, and bodies both ways", async () => {
    const { balancer } = await single();
    const answer = await open(balancer.dnsName, "/events?count=3");
    const times: number[] = [];
    for await (const _ of answer) times.push(performance.now());
    const large = Buffer.alloc(8 * 1024 * 1024, "x");
    const echoed = await balancer.ask("/echo", { method: "POST", body: large });

    expect(times.length).toBeGreaterThanOrEqual(3);
    expect((times[2] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(300);
    expect(echoed.body.length).toBe(large.length);
  });

  awsTest("may become a WebSocket", async () => {
    const { balancer } = await single();
    const socket = new WebSocket(`ws://${EDGE.host}:${EDGE.port}/socket`, {
      headers: { host: balancer.dnsName },
    });
    const heard = await new Promise((resolve, reject) => {
      socket.on("error", reject).on("message", (data) => resolve(String(data)));
      socket.on("open", () => socket.send("hello"));
    });
    socket.close();

    expect(heard).toBe("hello");
  });

  awsTest("gets 504 after the idle timeout, 502 where the target resets", async () => {
    const { balancer } = await single({ "idle_timeout.timeout_seconds": "1" });

    expect((await balancer.ask("/slow?ms=3000")).status).toBe(504);
    expect((await balancer.ask("/reset")).status).toBe(502);
    expect((await balancer.ask("/slow?ms=300")).status).toBe(200);
  });
});

describe("a target", () => {
  awsTest("finds the port of its host in its metadata", async () => {
    const { balancer, target } = await single();
    const { body } = await balancer.ask("/metadata");

    expect(JSON.parse(body)).toMatchObject({
      Ports: [{ ContainerPort: 18080, Protocol: "tcp", HostPort: target.Port }],
    });
  });

  awsTest("is initial, healthy once it has passed a check, draining, then unused", async () => {
    const cluster = await newCluster();
    await cluster.host();
    const target = await startTarget(cluster, "one");
    const attributes = { "deregistration_delay.timeout_seconds": "3" };
    const group = await TestGroup.create({ attributes });
    await group.register(target);

    expect(await group.health(target)).toMatchObject({
      State: "unused",
      Reason: "Target.NotInUse",
    });
    const balancer = await TestBalancer.create();
    await balancer.route(group, everywhere);
    await group.reaches(target, "healthy");
    const slow = balancer.ask("/slow?ms=1500");
    // It has arrived.
    await until("it is there", async () => (await balancer.who()) === "one");
    await group.deregister(target);
    await until("no new requests", async () => (await balancer.ask("/who")).status === 503, {
      seconds: 1,
    });
    expect((await group.health(target))?.State).toBe("draining");
    expect(await slow).toMatchObject({ status: 200, body: "one" });
    await group.reaches(target, "unused");
    expect((await group.health(target))?.Reason).toBe("Target.NotRegistered");
  });

  awsTest("is cut off when its deregistration delay is over", async () => {
    const { target, balancer, group } = await single();
    const Attributes = [{ Key: "deregistration_delay.timeout_seconds", Value: "1" }];
    await elb.send(
      new ModifyTargetGroupAttributesCommand({ TargetGroupArn: group.arn, Attributes }),
    );
    const slow = balancer.ask("/slow?ms=10000");
    await until("it is there", async () => (await balancer.who()) === "one");
    await group.deregister(target);

    expect((await slow).status).toBe(502);
  });

  awsTest("that was killed costs 502 until its checks have failed", async () => {
    const { cluster, target, balancer, group } = await single();
    const other = await startTarget(cluster, "two");
    await group.add(other);
    await ecs.send(new StopTaskCommand({ cluster: cluster.name, task: target.task }));
    const killedAt = performance.now();
    const seen = new Set<string>();
    await until(
      "it is unhealthy",
      async () => {
        seen.add(await balancer.who());
        return (await group.health(target))?.State === "unhealthy";
      },
      { seconds: 15 },
    );

    expect(performance.now() - killedAt).toBeLessThan(11_000);
    expect([...seen].sort()).toEqual(["status 502", "two"]);
    const later = await Promise.all(Array.from({ length: 20 }, () => balancer.who()));
    expect(new Set(later)).toEqual(new Set(["two"]));
  });

  awsTest("leaves its port to the next container of its host, which answers on it", async () => {
    const { cluster, target, balancer } = await single();
    await ecs.send(new StopTaskCommand({ cluster: cluster.name, task: target.task }));
    await cluster.reaches(target.task, "STOPPED");
    const next = await until("the port is free", async () => {
      const one = await startTarget(cluster, "stranger");
      return one.Port === target.Port && one;
    });

    expect(next.Id).toBe(target.Id);
    // Nobody has deregistered the one before: the stranger gets its requests.
    await until("the stranger", async () => (await balancer.who()) === "stranger");
  });

  awsTest("keeps clients that have its cookie", async () => {
    const cluster = await newCluster();
    await cluster.host();
    const targets = await Promise.all(["a", "b", "c"].map((name) => startTarget(cluster, name)));
    const group = await TestGroup.create({ attributes: { "stickiness.enabled": "true" } });
    const balancer = await TestBalancer.create();
    await balancer.route(group, everywhere);
    await Promise.all(targets.map((one) => group.add(one)));
    const first = await balancer.ask("/who");
    const [cookie = ""] = (first.headers["set-cookie"] ?? []).map((one) => one.split(";")[0]);
    const { name } = JSON.parse(first.body) as { name: string };
    const named = Array.from({ length: 9 }, () => balancer.who("/who", { headers: { cookie } }));

    expect(cookie).toMatch(/^AWSALB=/);
    expect(new Set(await Promise.all(named))).toEqual(new Set([name]));
    const others = Array.from({ length: 9 }, () => balancer.who());
    expect(new Set(await Promise.all(others)).size).toBe(3);
  });
});
