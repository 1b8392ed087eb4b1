import { readFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  type CreateTargetGroupCommandInput,
  DeleteListenerCommand,
  DeleteLoadBalancerCommand,
  DeleteTargetGroupCommand,
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  type LoadBalancerAttribute,
  ModifyLoadBalancerAttributesCommand,
  ModifyTargetGroupAttributesCommand,
  RegisterTargetsCommand,
  type RuleCondition,
  type TargetDescription,
  type TargetHealth,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { onTestFinished } from "vitest";
import { nodeTag } from "../../lib/image/base.ts";
import { aws, unique, until } from "./aws.ts";
import { definition, type TestCluster } from "./cluster.ts";
import { ensureNodeImage } from "./images.ts";

/** Where load balancers and distributions answer, by the Host of a request. */
export const EDGE = { host: "127.0.0.1", port: Number(new URL(aws.endpoint).port) + 14 } as const;
const PROGRAM = new URL("edge-target.mjs", import.meta.url);
export const elb: ElasticLoadBalancingV2Client = new ElasticLoadBalancingV2Client(aws);

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** Sends a request to what is called `host`, and waits for the head of its answer. */
export function open(host: string, path: string, asked: Asked = {}): Promise<IncomingMessage> {
  const { method = "GET", headers, body } = asked;
  return new Promise((resolve, reject) => {
    const outgoing = request({
      ...EDGE,
      path,
      method,
      headers: { host, ...headers },
      agent: false,
    });
    outgoing.on("response", resolve).on("error", reject);
    outgoing.end(body);
  });
}

/** As `open`, to the end of the answer. */
export async function ask(host: string, path: string, asked: Asked = {}): Promise<Answer> {
  const answer = await open(host, path, asked);
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const { statusCode: status = 0, headers } = answer;
  return { status, headers, body: Buffer.concat(chunks).toString() };
}

/** A load balancer with one listener, on port 80, that answers 404 where no rule matches. */
export class TestBalancer {
  readonly #arn: string;
  readonly #listener: string;
  readonly dnsName: string;
  #priority = 0;

  private constructor(arn: string, listener: string, dnsName: string) {
    this.#arn = arn;
    this.#listener = listener;
    this.dnsName = dnsName;
  }

  static async create(attributes: Readonly<Record<string, string>> = {}): Promise<TestBalancer> {
    const made = await elb.send(new CreateLoadBalancerCommand({ Name: unique("lb") }));
    const { LoadBalancerArn = "", DNSName = "" } = made.LoadBalancers?.[0] ?? {};
    const request = { LoadBalancerArn, Attributes: pairsOf(attributes) };
    await elb.send(new ModifyLoadBalancerAttributesCommand(request));
    const FixedResponseConfig = { StatusCode: "404", MessageBody: "nobody" };
    const { Listeners } = await elb.send(
      new CreateListenerCommand({
        ...{ LoadBalancerArn, Port: 80, Protocol: "HTTP" },
        DefaultActions: [{ Type: "fixed-response", FixedResponseConfig }],
      }),
    );
    const ListenerArn = Listeners?.[0]?.ListenerArn ?? "";
    onTestFinished(async () => {
      await elb.send(new DeleteListenerCommand({ ListenerArn }));
      await elb.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }));
    });
    return new TestBalancer(LoadBalancerArn, ListenerArn, DNSName);
  }

  get arn(): string {
    return this.#arn;
  }

  /** Requests under the conditions go to the group; later rules have less priority. */
  async route(group: TestGroup, ...Conditions: RuleCondition[]): Promise<string> {
    this.#priority += 1;
    const { Rules } = await elb.send(
      new CreateRuleCommand({
        ...{ ListenerArn: this.#listener, Priority: this.#priority, Conditions },
        Actions: [{ Type: "forward", TargetGroupArn: group.arn }],
      }),
    );
    return Rules?.[0]?.RuleArn ?? "";
  }

  ask(path: string, asked: Asked = {}): Promise<Answer> {
    return ask(this.dnsName, path, asked);
  }

  /** The name of the container that answers. */
  async who(path = "/who", asked: Asked = {}): Promise<string> {
    const { status, body } = await this.ask(path, asked);
    return status === 200 ? (JSON.parse(body) as { name: string }).name : `status ${status}`;
  }
}

function pairsOf(attributes: Readonly<Record<string, string>>): LoadBalancerAttribute[] {
  return Object.entries(attributes).map(([Key, Value]) => ({ Key, Value }));
}

interface GroupOptions {
  readonly attributes?: Readonly<Record<string, string>>;
  readonly request?: Partial<CreateTargetGroupCommandInput>;
}

/** A target group whose checks are as quick as the API lets them be. */
export class TestGroup {
  readonly arn: string;

  private constructor(arn: string) {
    this.arn = arn;
  }

  /** One that a template has made. */
  static of(arn: string): TestGroup {
    return new TestGroup(arn);
  }

  static async create({ attributes = {}, request = {} }: GroupOptions = {}): Promise<TestGroup> {
    const made = await elb.send(
      new CreateTargetGroupCommand({
        ...{ Name: unique("group"), Protocol: "HTTP", Port: 80, VpcId: "vpc-00000001" },
        ...{ HealthCheckPath: "/health", HealthCheckIntervalSeconds: 5 },
        ...{ HealthCheckTimeoutSeconds: 2, UnhealthyThresholdCount: 2, HealthyThresholdCount: 2 },
        ...request,
      }),
    );
    const TargetGroupArn = made.TargetGroups?.[0]?.TargetGroupArn ?? "";
    onTestFinished(async () => {
      await elb.send(new DeleteTargetGroupCommand({ TargetGroupArn }));
    });
    const Attributes = pairsOf(attributes);
    await elb.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes }));
    return new TestGroup(TargetGroupArn);
  }

  async register(...Targets: TargetDescription[]): Promise<void> {
    await elb.send(new RegisterTargetsCommand({ TargetGroupArn: this.arn, Targets }));
  }

  async deregister(...Targets: TargetDescription[]): Promise<void> {
    await elb.send(new DeregisterTargetsCommand({ TargetGroupArn: this.arn, Targets }));
  }

  async health(target: TargetDescription): Promise<TargetHealth | undefined> {
    const request = { TargetGroupArn: this.arn, Targets: [target] };
    const answer = await elb.send(new DescribeTargetHealthCommand(request));
    return answer.TargetHealthDescriptions?.[0]?.TargetHealth;
  }

  async reaches(target: TargetDescription, state: string): Promise<void> {
    const seen = async () => (await this.health(target))?.State === state;
    await until(`${target.Id}:${target.Port} ${state}`, seen);
  }

  /** Registers, and waits until it is healthy. */
  async add(target: TargetDescription): Promise<void> {
    await this.register(target);
    await this.reaches(target, "healthy");
  }
}

/** A container that runs edge-target.mjs, with the host and port that lead to it. */
export interface TestTarget extends TargetDescription {
  readonly task: string;
  readonly Id: string;
  readonly Port: number;
}

/** Starts it on a host of the cluster. */
export async function startTarget(cluster: TestCluster, name: string): Promise<TestTarget> {
  ensureNodeImage();
  const taskDefinition = await definition({
    image: nodeTag("24"),
    command: ["node", "--input-type=module", "--eval", readFileSync(PROGRAM, "utf8")],
    environment: [{ name: "NAME", value: name }],
    portMappings: [{ containerPort: 18080, hostPort: 0 }],
  });
  const { tasks } = await cluster.run({ taskDefinition });
  const running = await cluster.reaches(tasks?.[0]?.taskArn, "RUNNING");
  const hosts = await cluster.hosts();
  const host = hosts.find((one) => one.containerInstanceArn === running.containerInstanceArn);
  const Port = running.containers?.[0]?.networkBindings?.[0]?.hostPort ?? 0;
  return { task: running.taskArn ?? "", Id: host?.ec2InstanceId ?? "", Port };
}
