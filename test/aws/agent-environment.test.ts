import { expect, it } from "vitest";
import { formatLogLine, type LogLine, parseLogLine } from "../../lib/aws/log-line.ts";
import { readEnvironment } from "../../runtime-shim/agent-aws/environment.ts";

const GIVEN = {
  ...{ WINDLASS_APP: "media", WINDLASS_FUNCTION: "resize", WINDLASS_POOL: "resize" },
  ...{ WINDLASS_CONTAINER_ID: "ct-1", WINDLASS_ENVIRONMENT: "default" },
  ...{ WINDLASS_TABLE: "table", WINDLASS_BUCKET: "bucket" },
};

it("a container reads from its environment what it is", () => {
  expect(readEnvironment({ ...GIVEN, PATH: "/bin" })).toEqual({
    ...{ app: "media", function: "resize", pool: "resize", containerId: "ct-1" },
    ...{ environment: "default", table: "table", bucket: "bucket", controller: undefined },
    language: "node",
  });
  expect(readEnvironment({ ...GIVEN, WINDLASS_LANGUAGE: "python" }).language).toBe("python");
  expect(readEnvironment({ ...GIVEN, WINDLASS_CONTROLLER: "f" }).controller).toBe("f");
});

it("a container that is run by hand says all that is missing", () => {
  const { WINDLASS_APP: _, ...rest } = GIVEN;
  const read = (): unknown => readEnvironment({ ...rest, WINDLASS_BUCKET: "" });
  expect(read).toThrowErrorMatchingInlineSnapshot(
    `[InvalidError: a container of Windlass needs WINDLASS_APP, WINDLASS_BUCKET in its environment]`,
  );
  expect(read).toThrow(expect.objectContaining({ code: "WINDLASS_AGENT_ENVIRONMENT" }));
});

it("a line of user code is told from others, whatever is in it", () => {
  const line: LogLine = { function: "a", container: "ct-1", stream: "stderr", text: "x\ty\r z" };
  expect(formatLogLine(line)).toBe("a\tct-1\tstderr\tx\ty\r z");
  expect(parseLogLine(formatLogLine(line))).toEqual(line);
  const called = { ...line, call: "fc-1", text: "" };
  expect(formatLogLine(called)).toBe("a\tct-1\tstderr fc-1\t");
  expect(parseLogLine(formatLogLine(called))).toEqual(called);
  expect(parseLogLine("Error: of the agent")).toBeUndefined();
});
