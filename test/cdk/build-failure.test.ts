import { expect, it } from "vitest";
import { toBuildError, toImageError } from "../../cdk/images/build-failure.ts";
import { findBuildLog, outputOfFailure, tellsFailure } from "../../cdk/images/build-log.ts";
import { toResourceError } from "../../cdk/toolkit/failed-resource.ts";

const PAGE =
  "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#logsV2:log-groups/log-group/$252Faws$252Fcodebuild$252FAmd64-Ab12/log-events/0c1d-2e";
const REASON = `Received response status [FAILED] from custom resource. Message returned: ContainerImageBuild failed. See CloudWatch Log stream for the detailed reason: \n${PAGE} (RequestId: 1)`;

/** What CodeBuild writes when a command of an image fails. */
const LOG = [
  '[Container] 2026/11/20 10:00:00.000000 Running command eval "$buildCommand"',
  "#7 0.312 no such model",
  '#7 ERROR: process "/bin/sh -c exit 3" did not complete successfully: exit code: 3',
  "",
  '[Container] 2026/11/20 10:00:09.000000 Command did not exit successfully eval "$buildCommand" exit status 3',
  "[Container] 2026/11/20 10:00:09.000000 Phase complete: BUILD State: FAILED",
  "*   Trying 52.1.2.3:443...",
];

function resourceError(reason: string) {
  const type = "Custom::CDKContainerImageBuild";
  const { code, message, hint } = toResourceError("media", { resource: "I", type, reason }, 2);
  return { code, message, hint };
}

it("finds the log of a failed build in what CloudFormation says of it", () => {
  expect(findBuildLog(REASON)).toEqual({ group: "/aws/codebuild/Amd64-Ab12", stream: "0c1d-2e" });
  expect(findBuildLog("Invalid value")).toBeUndefined();
});

it("takes of a log what its failed command wrote", () => {
  expect(tellsFailure(LOG)).toBe(true);
  expect(tellsFailure(LOG.slice(0, 3))).toBe(false);
  expect(outputOfFailure(LOG)).toBe(LOG.slice(1, 4).join("\n"));
});

it("tells a build that failed with the command that prints its log", () => {
  expect(resourceError(REASON)).toEqual({
    code: "WINDLASS_IMAGE_NOT_BUILT",
    message: `an image could not be built by CodeBuild: ${REASON}`,
    hint: expect.stringContaining(
      "aws logs get-log-events --log-group-name /aws/codebuild/Amd64-Ab12 --log-stream-name 0c1d-2e",
    ),
  });
});

it("tells a build of which nothing was heard", () => {
  const reason = "CloudFormation did not receive a response from your Custom Resource.";

  const { code, hint } = resourceError(reason);

  expect([code, hint]).toEqual([
    "WINDLASS_IMAGE_NOT_BUILT",
    expect.stringContaining("console of CodeBuild"),
  ]);
});

it("tells an account that may not start builds", () => {
  const reason =
    "Received response status [FAILED] from custom resource. Message returned: Cannot have more than 0 builds in queue for the account (RequestId: 1)";

  const { code, hint } = resourceError(reason);

  expect([code, hint]).toEqual([
    "WINDLASS_CODEBUILD_QUOTA",
    expect.stringContaining("Service Quotas"),
  ]);
});

it.each([
  [outputOfFailure(LOG), "WINDLASS_IMAGE_NOT_BUILT", "windlass image build"],
  [
    '#9 ERROR: process "/opt/windlass/node --version" did not complete successfully: exit code: 127',
    "WINDLASS_IMAGE_WITHOUT_GLIBC",
    "python:3.12-slim",
  ],
  [
    "ERROR: failed to solve: debian:bookworm-slim: 429 Too Many Requests: toomanyrequests: You have reached your pull rate limit",
    "WINDLASS_IMAGE_PULL_LIMIT",
    "docker login",
  ],
  ["npm error enoent ENOENT: no such file", "WINDLASS_IMAGE_NOT_BUILT", "windlass image build"],
])("says the same of a build wherever it failed: %s", (said, code, hint) => {
  for (const error of [toBuildError(REASON, said), toImageError(said)]) {
    expect(error).toMatchObject({ code, hint: expect.stringContaining(hint) });
  }
});
