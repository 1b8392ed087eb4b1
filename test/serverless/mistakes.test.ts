import { expect, it } from "vitest";
import { appOf, type Configuration, service } from "./service.ts";

const WINDLASS = { app: "./gpu/app.ts" };

it.each<[string, Configuration, RegExp]>([
  [
    "a name that windlass does not have",
    { windlass: { ...WINDLASS, enviroment: "dev" } },
    /at 'windlass': unrecognized property 'enviroment'/,
  ],
  ["no app", { windlass: {} }, /at 'windlass': must have required property 'app'/],
  [
    "an environment that cannot be one",
    { windlass: { ...WINDLASS, environment: "a b" } },
    /at 'windlass.environment'/,
  ],
  [
    "a domain without a name",
    { windlass: { ...WINDLASS, web: { certificateArn: "arn:aws:acm:1" } } },
    /at 'windlass.web'/,
  ],
  ["no windlass", { windlass: undefined }, /\[WINDLASS_NO_SERVERLESS_CONFIG\]/],
  [
    "a file that does not exist",
    { windlass: { app: "./gpu/missing.ts" } },
    /\[WINDLASS_APP_FILE_MISSING\].*gpu\/missing\.ts/,
  ],
  [
    "a module without an App",
    { windlass: { app: "./gpu/none.ts" } },
    /\[WINDLASS_NO_APP\] "\.\/gpu\/none\.ts"/,
  ],
  [
    "a module that throws",
    { windlass: { app: "./gpu/throws.ts" } },
    /\[WINDLASS_APP_IMPORT\] "\.\/gpu\/throws\.ts".*no key/,
  ],
  [
    "two apps of one name",
    { windlass: { app: ["./gpu/app.ts", "./gpu/same.ts"] } },
    /\[WINDLASS_SAME_APP_NAME\] "\.\/gpu\/app\.ts" and "\.\/gpu\/same\.ts".*"media"/,
  ],
  [
    "more functions than a stack takes",
    { windlass: { app: "./gpu/large.ts" } },
    /\[WINDLASS_TOO_MANY_RESOURCES\].*\n.*shards: 2/,
  ],
  [
    "an image that no function has",
    { windlass: { ...WINDLASS, images: { abc: "uri" } } },
    /\[WINDLASS_IMAGE_UNKNOWN\].*"abc"/,
  ],
  [
    "a Serverless that is too old",
    { plugins: ["./old.cjs", "windlass/serverless"] },
    /\[WINDLASS_SERVERLESS_VERSION\] Serverless 3\.40\.0 .*\n.*osls@4/,
  ],
])("refuses %s", async (_, configuration, message) => {
  const shop = service(configuration, {
    "gpu/none.ts": "export const one = 1;",
    "gpu/throws.ts": 'throw new TypeError("no key");',
    "gpu/same.ts": appOf("media", ["speak"]),
    "gpu/large.ts": appOf(
      "large",
      Array.from({ length: 500 }, (_, index) => `fn-${index}`),
    ),
    "old.cjs": OLD_SERVERLESS,
  });

  expect(await shop.slsFails("package")).toMatch(message);
});

/** Makes what is loaded after it see the Serverless of before the AWS SDK 3. */
const OLD_SERVERLESS = `
module.exports = class Old {
  constructor(serverless) {
    serverless.version = "3.40.0";
    serverless.getProvider("aws").getAwsSdkV3Config = undefined;
  }
};
`;

it("refuses a resource of the service's with an id of ours", async () => {
  const first = service({});
  await first.sls("package");
  const taken = Object.keys(first.template().Resources).find((id) => id.startsWith("Windlass"));
  const shop = service({
    resources: { Resources: { [taken ?? ""]: { Type: "AWS::SQS::Queue" } } },
  });

  const printed = await shop.slsFails("package");

  expect(printed).toContain(`[WINDLASS_TEMPLATE_COLLISION] the service's template has "${taken}"`);
});
