import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DescribeRulesCommand, ModifyRuleCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, onTestFinished } from "vitest";
import { awsTest } from "./aws.ts";
import { elb, TestBalancer, TestGroup } from "./edge-lab.ts";

/** This machine in the network of the emulator. */
const HOST = `172.30.${process.env.WINDLASS_EMULATOR_SLOT ?? 0}.1`;
const ISSUER = "https://issuer.example.com";

/** Serves the public key as an issuer does, and answers where. */
async function serveKeys(key: KeyObject): Promise<string> {
  const body = JSON.stringify({ keys: [{ ...key.export({ format: "jwk" }), kid: "k" }] });
  const server = createServer((_, response) => response.end(body)).listen(0, HOST);
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return `http://${HOST}:${(server.address() as AddressInfo).port}/keys`;
}

function tokenOf(key: KeyObject, claims: object): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const signed = `${encode({ alg: "RS256", kid: "k" })}.${encode(claims)}`;
  return `${signed}.${sign("RSA-SHA256", Buffer.from(signed), key).toString("base64url")}`;
}

awsTest("a rule lets through who has a token of its issuer, and keeps its check", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const balancer = await TestBalancer.create();
  const group = await TestGroup.create();
  const RuleArn = await balancer.route(group, { Field: "path-pattern", Values: ["/*"] });
  const claim = { Name: "scope", Format: "space-separated-values" as const, Values: ["read"] };
  const JwtValidationConfig = {
    ...{ Issuer: ISSUER, JwksEndpoint: await serveKeys(publicKey), AdditionalClaims: [claim] },
  };
  const Actions = [
    { Type: "jwt-validation" as const, Order: 1, JwtValidationConfig },
    { Type: "forward" as const, Order: 2, TargetGroupArn: group.arn },
  ];
  await elb.send(new ModifyRuleCommand({ RuleArn, Actions }));
  const { Rules } = await elb.send(new DescribeRulesCommand({ RuleArns: [RuleArn] }));
  const good = { iss: ISSUER, exp: Date.now() / 1000 + 60, scope: "write read" };
  const statusOf = async (token: string): Promise<number> =>
    (await balancer.ask("/", { headers: { authorization: `Bearer ${token}` } })).status;

  expect(Rules?.[0]?.Actions?.[0]).toMatchObject({ JwtValidationConfig });
  // The group has no targets.
  await expect.poll(() => statusOf(tokenOf(privateKey, good))).toBe(503);
  await expect.poll(async () => (await balancer.ask("/")).status).toBe(401);
  expect(await statusOf("no.token.atall")).toBe(401);
  expect(await statusOf(tokenOf(other, good))).toBe(401);
  expect(await statusOf(tokenOf(privateKey, { ...good, exp: 1 }))).toBe(401);
  expect(await statusOf(tokenOf(privateKey, { ...good, iss: "https://else" }))).toBe(401);
  expect(await statusOf(tokenOf(privateKey, { ...good, scope: "write" }))).toBe(401);
});
