import { Stack } from "aws-cdk-lib";
import { Key } from "aws-cdk-lib/aws-kms";
import { expect, test } from "vitest";
import { App, CloudBucketMount, Dict, Secret, Volume } from "windlass";
import { diffGrants, grantsOf } from "../../lib/plan/access.ts";
import { grantText } from "../../lib/plan/grant-words.ts";
import { appStack, cdkApp, toJson } from "../cdk/synth.ts";

/** What somebody may do by the template of an app, in words. */
function textsOf(app: App, who: string): string[] {
  const grants = grantsOf(toJson(appStack({ app })));
  return grants.filter((grant) => grant.who === who).map(grantText);
}

test("what a function with `uses` may do is told by the names that its author gave", () => {
  const app = new App("media");
  app.function("resize", () => 1);
  const uses = [Dict.fromName("cache"), "resize", "mail/send"];
  const volumes = { "/in": new CloudBucketMount({ bucketName: "photos", keyPrefix: "in/" }) };
  app.function("order", { uses, volumes, secrets: [Secret.fromName("openai")] }, () => 1);

  const texts = textsOf(app, "containers of order");
  expect(texts).toContain("count, send to the queues of media/resize");
  expect(texts).toContain("count, send to the queues of mail/send");
  expect(texts).toContain("take from, count, send to the queues of media/order");
  expect(texts).toContain("delete rows media#sessions");
  expect(texts).toContain("list objects of photos: in/*");
  expect(texts).toContain("invoke the controller");
  expect(texts).toContain("tell events of windlass.media");
  expect(texts.filter((text) => text.includes("#dict#cache#*"))).not.toEqual([]);
  expect(texts.filter((text) => text.includes("windlass-secrets/default/openai"))).not.toEqual([]);
  expect(texts.join("\n")).not.toContain("dynamodb:");
});

test("a mount of the shared file system says by which access point", () => {
  const app = new App("media");
  const shared = Volume.fromName("shared", { backing: "efs" });
  app.function("render", { uses: [], volumes: { "/shared": shared } }, () => 1);

  const [text] = textsOf(app, "containers of render").filter((one) => one.startsWith("mount"));
  expect(text).toMatch(/^mount.* file-system\/<file-system-id>, where .*AccessPointArn/);
});

test("policies that are resources of their own belong to the roles that they name", () => {
  const scope = cdkApp();
  const encryptionKey = Key.fromKeyArn(
    new Stack(scope, "Keys"),
    "Key",
    "arn:aws:kms:us-east-1:111122223333:key/1",
  );
  const app = new App("media");
  app.function("resize", () => 1);
  const grants = grantsOf(toJson(appStack({ app, encryptionKey }, scope)));

  const ofKey = grants.filter(({ actions }) => actions.includes("kms:Decrypt"));
  expect(ofKey.map(({ who }) => who)).toEqual(["containers of the app"]);
});

test("only what differs is a change", () => {
  const templateOf = (uses: readonly string[]) => {
    const app = new App("media");
    app.function("order", { uses }, () => 1);
    return grantsOf(toJson(appStack({ app })));
  };
  const [before, after] = [templateOf(["mail/send"]), templateOf(["mail/send", "shop/price"])];

  expect(diffGrants(before, before)).toEqual({ added: [], removed: [] });
  const { added, removed } = diffGrants(before, after);
  const words = added.map(grantText);
  expect(words).toContain("count, send to the queues of shop/price");
  expect(words.filter((text) => text.includes("shop#call#*"))).not.toEqual([]);
  expect(removed.map(grantText)).not.toContain("count, send to the queues of mail/send");
});
