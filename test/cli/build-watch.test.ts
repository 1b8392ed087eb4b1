import { expect, test } from "vitest";
import { type BuildLogPort, watchBuilds } from "../../bin/deploy/build-watch.ts";
import { WindlassError } from "../../lib/errors.ts";

const PAGE =
  "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#logsV2:log-groups/log-group/$252Faws$252Fcodebuild$252FAmd64/log-events/0c1d";
const EVENT = `Windlass-media | 3/9 | 10:00:09 AM | CREATE_FAILED | Custom::CDKContainerImageBuild | App/Tasks/Builds/Image1/Resource/Default (I1) Received response status [FAILED] from custom resource. Message returned: ContainerImageBuild failed. See CloudWatch Log stream for the detailed reason: \n${PAGE} (RequestId: 1)`;
const FAILED =
  "[Container] 2026/11/20 10:00:09 Command did not exit successfully eval exit status 3";
const NOT_BUILT = new WindlassError("WINDLASS_IMAGE_NOT_BUILT", "as CloudFormation said it");

/** A log that grows by one answer a read, and is gone when there are none left. */
function logOf(...answers: (readonly string[])[]): BuildLogPort & { readonly pauses: number[] } {
  const pauses: number[] = [];
  return {
    pauses,
    async read(log) {
      expect(log).toEqual({ group: "/aws/codebuild/Amd64", stream: "0c1d" });
      const lines = answers.shift();
      if (lines === undefined) throw new RangeError("The specified log group does not exist.");
      return lines;
    },
    async pause(milliseconds) {
      pauses.push(milliseconds);
    },
  };
}

test("a failed build is told with what it wrote", async () => {
  const watch = watchBuilds(logOf(["no such model", FAILED, "* Trying 52.1.2.3:443..."]));

  watch.see("Windlass-media | 2/9 | 10:00:00 AM | CREATE_COMPLETE | AWS::IAM::Role | Role");
  watch.see(EVENT);

  expect(await watch.explain(NOT_BUILT)).toMatchObject({
    code: "WINDLASS_IMAGE_NOT_BUILT",
    message: "an image could not be built:\n  no such model",
  });
});

test("the last lines of a log are waited for", async () => {
  const log = logOf([], ["no such"], ["no such", "model", FAILED]);
  const watch = watchBuilds(log);

  watch.see(EVENT);

  expect(await watch.explain(NOT_BUILT)).toMatchObject({
    message: "an image could not be built:\n  no such\n  model",
  });
  expect(log.pauses).toEqual([1000, 1000]);
});

test("a log that is removed meanwhile is told as far as it was read", async () => {
  const watch = watchBuilds(logOf(["no such model"]));

  watch.see(EVENT);

  expect(await watch.explain(NOT_BUILT)).toMatchObject({
    message: "an image could not be built:\n  no such model",
  });
});

test("a log that cannot be read leaves what CloudFormation said", async () => {
  const watch = watchBuilds(logOf());

  watch.see(EVENT);

  expect(await watch.explain(NOT_BUILT)).toBe(NOT_BUILT);
});

test("other failures stay what they are", async () => {
  const watch = watchBuilds(logOf(["no such model", FAILED]));
  const other = new WindlassError("WINDLASS_STACK_FAILED", "a queue");

  watch.see(EVENT);

  expect(await watch.explain(other)).toBe(other);
  expect(await watchBuilds(logOf()).explain(NOT_BUILT)).toBe(NOT_BUILT);
});
