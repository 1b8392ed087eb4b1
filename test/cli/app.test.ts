import { describe, expect, test } from "vitest";
import { appProject, report, start, windlass } from "./cli.ts";
import { facts, fakeAws } from "./fake-aws.ts";

const APP = `import { App } from "windlass";
export const app = new App("media");
export const resize = app.function("resize", { memoryMiB: 2048 }, () => 1);`;
const AT = Date.parse("2026-11-01T12:00:00Z");
const OWNER = "arn:aws:cloudformation:us-east-1:1:stack/Windlass-default-media/1/Deployment";
const IDENTITY =
  "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account><Arn>arn:aws:iam::111122223333:user/ada</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>";

type Operations = Parameters<typeof fakeAws>[0];
type Table = Readonly<Record<string, Readonly<Record<string, object>>>>;

function deployment(number: number, more: object = {}): object {
  return {
    ...{ number, codeHash: `code-${number}`, specHash: "spec", manifestKey: "manifests/media/1" },
    ...{ at: AT + number * 60_000, owner: OWNER, shards: "0", templateHash: "template" },
    ...{ isAhead: false, ...more },
  };
}

/** Bodies by sort key, by partition key, as operations of DynamoDB; whatever writes is refused. */
function rows(table: Table): Operations {
  const item = (pk: string, sk: string): object => ({
    ...{ pk: { S: pk }, sk: { S: sk }, version: { N: "1" } },
    body: { S: JSON.stringify(table[pk]?.[sk]) },
  });
  return {
    GetParametersByPath: facts("1"),
    GetItem: (body) => {
      const { Key } = JSON.parse(body) as { Key: Record<"pk" | "sk", { S: string }> };
      const [pk, sk] = [Key.pk.S, Key.sk.S];
      return table[pk]?.[sk] === undefined ? {} : { Item: item(pk, sk) };
    },
    Query: (body) => {
      const asked = JSON.parse(body) as { ExpressionAttributeValues: { ":pk": { S: string } } };
      const pk = asked.ExpressionAttributeValues[":pk"].S;
      return { Items: Object.keys(table[pk] ?? {}).map((sk) => item(pk, sk)) };
    },
  };
}

const DEPLOYED: Table = {
  "#apps": { media: { app: "media" }, "media-run-0123abcd": {} },
  "media#deployment": {
    current: deployment(3, { isAhead: true, label: { client: "0.1.0", rollbackTo: 1 } }),
  },
  "media#history": {
    "0000000001": deployment(1),
    "0000000002": deployment(2, {
      isAhead: true,
      label: { client: "0.1.0", by: "user/ada", commit: "1a2b3c4*", tag: "1.4.0" },
    }),
    "0000000003": deployment(3, { isAhead: true, label: { client: "0.1.0", rollbackTo: 1 } }),
  },
  "media#containers": { "ct-1": { status: "ready" }, "ct-2": { status: "ended" } },
  "media-run-0123abcd#deployment": { current: deployment(1) },
  "media-run-0123abcd#run": { run: { at: AT, isDetached: true } },
};

async function run(
  args: readonly string[],
  table: Table = DEPLOYED,
  operations: Operations = {},
): Promise<{ readonly stdout: string; readonly text: string }> {
  const root = appProject({ "app.ts": APP });
  const env = { HOME: root, CDK_HOME: root };
  const outcome = await windlass(root, args, {
    ...(await fakeAws({ ...rows(table), ...operations })),
    ...env,
  });
  return { stdout: outcome.stdout, text: report(root, outcome) };
}

describe("windlass app list", () => {
  test("shows what is deployed, and what runs have deployed for themselves", async () => {
    const { stdout } = await run(["app", "list"]);

    expect(stdout).toMatchInlineSnapshot(`
      "App                 State      Version  Time deployed         Containers  Tag
      media               deployed   v3       2026-11-01 12:03:00Z  1           -
      media-run-0123abcd  ephemeral  v1       2026-11-01 12:01:00Z  0           -
      "
    `);
  });

  test("prints JSON", async () => {
    const { stdout } = await run(["app", "list", "--json"]);

    expect(JSON.parse(stdout)).toContainEqual({
      ...{ name: "media", state: "deployed", deployment: 3, containers: 1, tag: null },
      deployedAt: "2026-11-01T12:03:00.000Z",
    });
  });

  test("says that there is none", async () => {
    const { stdout } = await run(["app", "list"], {});

    expect(stdout).toBe("no app is deployed in environment default\n");
  });
});

describe("windlass app history", () => {
  test("shows who deployed what, the newest first", async () => {
    const { stdout } = await run(["app", "history", "media"]);

    expect(stdout).toMatchInlineSnapshot(`
      "Version       Time deployed         Change          Client  Deployed by  Commit    Tag
      v3 (current)  2026-11-01 12:03:00Z  rollback to v1  0.1.0   -            -         -
      v2            2026-11-01 12:02:00Z  code            0.1.0   user/ada     1a2b3c4*  1.4.0
      v1            2026-11-01 12:01:00Z  stack           -       -            -         -
      "
    `);
  });

  test("prints JSON", async () => {
    const { stdout } = await run(["app", "history", "media", "--json"]);

    expect((JSON.parse(stdout) as object[])[1]).toEqual({
      ...{ deployment: 2, isCurrent: false, deployedAt: "2026-11-01T12:02:00.000Z" },
      ...{ change: "code", client: "0.1.0", by: "user/ada", commit: "1a2b3c4*", tag: "1.4.0" },
      codeHash: "code-2",
    });
  });

  test("of an app that is not there", async () => {
    const { text } = await run(["app", "history", "video"]);

    expect(text).toMatchInlineSnapshot(`
      "error[WINDLASS_APP_NOT_DEPLOYED] app "video" is not deployed in environment "default"
      hint: \`windlass app list\` shows what is; look at \`--environment\`, AWS_PROFILE and AWS_REGION
      exit 1"
    `);
  });
});

describe("windlass app rollback", () => {
  test("refuses the deployment that is current", async () => {
    const { text } = await run(["app", "rollback", "media", "v3"]);

    expect(text).toMatchInlineSnapshot(`
      "error[WINDLASS_DEPLOYMENT_CURRENT] v3 is the current deployment of app "media"
      hint: for new containers of it run \`windlass app rollover media\`
      exit 1"
    `);
  });

  test("refuses another strategy", async () => {
    const { text } = await run(["app", "rollback", "media", "--strategy", "blue-green"]);

    expect(text).toMatchInlineSnapshot(`
      "error[WINDLASS_INVALID_STRATEGY] \`--strategy\` must be rolling or recreate, got "blue-green"
      hint: leave it out for rolling: containers finish what they run
      exit 2"
    `);
  });

  test("says what to deploy where the template of another stack is not kept", async () => {
    const old = deployment(1, {
      ...{ manifestKey: "manifests/media/0", templateHash: "", label: { commit: "1a2b3c4" } },
    });
    const table = { ...DEPLOYED, "media#history": { "0000000001": old } };

    const { text } = await run(["app", "rollback", "media", "v1"], table, {
      GetCallerIdentity: IDENTITY,
      s3: '{"functions":{}}',
    });

    expect(text).toMatchInlineSnapshot(`
      "error[WINDLASS_TEMPLATE_NOT_KEPT] deployment v1 of app "media" had other options, functions or images than the current one, and its template is not kept
      hint: check out commit 1a2b3c4 and run \`windlass deploy\`
      exit 1"
    `);
  });
});

describe("windlass app rollover", () => {
  test("stops the containers of deployments before, where they are to be recreated", async () => {
    const container = (more: object): object => ({ status: "ready", deployment: 3, ...more });
    const containers = {
      "ct-1": container({ taskArn: "task-1" }),
      "ct-2": container({ taskArn: "task-2", status: "ended" }),
      "ct-3": container({ taskArn: "task-3", status: "starting", deployment: 0 }),
      "ct-4": container({ taskArn: "task-gone" }),
      "ct-5": container({ taskArn: "task-5", deployment: 4 }),
    };
    const stopped: string[] = [];
    const { stdout, text } = await run(
      ["app", "rollover", "media", "--strategy", "recreate"],
      { ...DEPLOYED, "media#containers": containers },
      {
        GetCallerIdentity: IDENTITY,
        s3: '{"functions":{}}',
        TransactWriteItems: {},
        StopTask: (body) => {
          const { task, reason } = JSON.parse(body) as { task: string; reason: string };
          stopped.push(`${task}: ${reason}`);
          return task === "task-gone"
            ? { error: "InvalidParameterException", message: "The referenced task was not found." }
            : {};
        },
      },
    );

    expect(text).toBe("✓ stopped 1 container of earlier deployments\nexit 0");
    expect(stdout).toMatch(/^media is rolled over in environment default: deployment v4, /);
    const why = "deployment 4 replaces it";
    expect(stopped).toEqual([`task-1: ${why}`, `task-gone: ${why}`]);
  });
});

describe("windlass app logs", () => {
  const message = "resize\tct-1\tstderr\tout of memory";
  const FilterLogEvents = { events: [{ eventId: "1", timestamp: AT, message }] };

  test("shows who wrote a line, and when if asked", async () => {
    const operations = { FilterLogEvents };
    const args = ["app", "logs", "media", "--on", "aws", "--since", "2026-11-01T11:00:00Z"];
    const { stdout } = await run([...args, "--timestamps"], DEPLOYED, operations);
    const { stdout: json } = await run([...args, "--json"], DEPLOYED, operations);

    expect(stdout).toBe("2026-11-01T12:00:00.000Z  resize  out of memory\n");
    expect(JSON.parse(json)).toEqual({
      ...{ at: "2026-11-01T12:00:00.000Z", app: "media", function: "resize", container: "ct-1" },
      ...{ call: null, stream: "stderr", text: "out of memory" },
    });
  });

  test("asks for what follows where live tail is not allowed", async () => {
    const root = appProject({ "app.ts": APP });
    const env = await fakeAws({
      ...rows(DEPLOYED),
      FilterLogEvents: { events: [{ eventId: "1", timestamp: Date.now() + 60_000, message }] },
      DescribeLogGroups: {
        logGroups: [{ logGroupName: "/windlass/default/media", logGroupArn: "arn:1" }],
      },
      StartLiveTail: { error: "AccessDeniedException", message: "not allowed" },
    });
    const args = ["app", "logs", "media", "--on", "aws", "-f", "--since", "1m", "--until", "1m"];
    const following = start(root, args, { ...env, HOME: root });
    await following.seen(/resize {2}out of memory\n.*resize {2}out of memory\n/s);
    following.child.kill("SIGKILL");
    await following.ended;
  });

  test("refuses times, sources and counts that there are not", async () => {
    const texts = [
      await run(["app", "logs", "media", "--since", "yesterday"]),
      await run(["app", "logs", "media", "--source", "disk"]),
      await run(["app", "logs", "media", "--tail", "0"]),
    ].map(({ text }) => text);

    expect(texts.join("\n\n")).toMatchInlineSnapshot(`
      "error[WINDLASS_INVALID_TIME] \`--since\` must be a time, as in 15m, 2h, 1d or 2026-11-28T22:30:00Z, got "yesterday"
      hint: write how long ago it was, or a date
      exit 2

      error[WINDLASS_INVALID_LOG_SOURCE] \`--source\` must be stdout, stderr or system, got "disk"
      hint: leave it out for all of them
      exit 2

      error[WINDLASS_INVALID_TAIL] \`--tail\` must be a whole number from 1 to 10000, got "0"
      hint: for more lines say from when, with \`--since 1h\`
      exit 2"
    `);
  });
});

describe("windlass app stop", () => {
  test("asks first, and refuses where nobody can be asked", async () => {
    const { text } = await run(["app", "stop", "media"]);

    expect(text).toMatchInlineSnapshot(`
      "error[WINDLASS_NOT_CONFIRMED] app "media" of environment "default" would end, with its containers and open calls
      hint: write \`windlass app stop media --yes\`
      exit 2"
    `);
  });
});

describe("windlass deploy", () => {
  const SPEC = { name: "resize", kind: "function", memoryMiB: { request: 1024, limit: null } };
  const manifest = JSON.stringify({
    functions: {
      resize: { spec: SPEC },
      thumb: {
        spec: { ...SPEC, name: "thumb" },
      },
    },
  });

  test("says what it would change, and changes nothing with --dry-run", async () => {
    const operations = { GetCallerIdentity: IDENTITY, s3: manifest };

    const { stdout, text } = await run(["deploy", "app.ts", "--dry-run"], DEPLOYED, operations);

    expect(text).toContain("- function thumb\n");
    expect(text).toContain("~ function resize: memoryMiB 1024 → 2048\n");
    expect(text).toMatch(/~ code: hash code-3 → [0-9a-f]{7}\nexit 0$/);
    expect(stdout).toBe("Nothing was deployed: media in environment default stays deployment 3\n");
  });

  test("says with --dry-run that an app would be new", async () => {
    const { stdout, text } = await run(["deploy", "app.ts", "--dry-run"], {});

    expect(text).toBe("  + function resize\nexit 0");
    expect(stdout).toBe("Nothing was deployed: media in environment default would be new\n");
  });

  test("refuses a tag of several lines", async () => {
    const { text } = await run(["deploy", "app.ts", "--tag", "a\nb"]);

    expect(text).toMatchInlineSnapshot(`
      "error[WINDLASS_INVALID_TAG] \`--tag\` must be 1 to 128 characters on one line, got "a\\nb"
      hint: name a version or a commit, for instance \`--tag 1.4.0\`
      exit 2"
    `);
  });
});
