import { afterAll, describe, expect, test } from "vitest";
import { fakeDocker } from "../images/fake-docker.ts";
import { appProject, type Outcome, report, windlass } from "./cli.ts";

const SOURCE = `
import { App, Image } from "windlass";
export const app = new App("media", { image: Image.debianSlim().aptInstall("ffmpeg") });
app.function("resize", () => 1);
app.function("crop", () => 1);
app.function("caption", { image: Image.debianSlim({ python: "3.12" }).pipInstall("numpy") }, () => 1);
`;
const ROOT = appProject({ "app.ts": SOURCE }, afterAll);

function image(...args: readonly string[]): Promise<Outcome> {
  return windlass(ROOT, ["image", ...args], { CDK_DOCKER: process.env["CDK_DOCKER"] ?? "none" });
}

const DOCKER = { "buildx version": [0], version: [0, "28 28"], "image inspect": [1] } as const;

describe("windlass image build", () => {
  test("prints Dockerfiles and builds nothing with --print", async () => {
    const all = await image("build", "app.ts", "--print");
    const one = await image("build", "app.ts", "caption", "--print");

    expect(all.code).toBe(0);
    expect(all.stdout.match(/^FROM .*$/gm)?.sort()).toEqual([
      "FROM debian:bookworm-slim",
      "FROM python:3.12-slim-bookworm",
    ]);
    expect(all.stdout).toMatch(/^# image [0-9a-f]{12} of crop, resize$/m);
    expect(one.stdout.match(/^FROM .*$/gm)).toEqual(["FROM python:3.12-slim-bookworm"]);
  });

  test("says how many steps were run, and gives an image a name", async () => {
    const docker = fakeDocker({
      ...DOCKER,
      build: [0, "#5 [2/2] RUN x\n#6 [3/3] RUN y\n#6 CACHED"],
    });

    const built = await image("build", "app.ts", "caption", "--publish", "base:v1");
    const json = await image("build", "app.ts", "--json");

    expect(built).toMatchObject({ code: 0, stdout: "" });
    expect(built.stderr).toMatch(/✓ image [0-9a-f]{12} of caption: 1 of 2 steps run, \d+\.\d s/);
    expect(JSON.parse(json.stdout)).toMatchObject([
      { steps: { total: 2, run: 1 } },
      { steps: { total: 2, run: 1 } },
    ]);
    expect(docker.calls.filter(({ args }) => args[0] === "build")).toHaveLength(3);
  });

  test("names what it cannot do", async () => {
    const wrong = [
      await image("build", "app.ts", "nobody"),
      await image("build"),
      await image("bild", "app.ts"),
      await image("build", "app.ts", "--publish", "base"),
      await image("build", "app.ts", "resize", "--publish", "No Name"),
      await image("list"),
    ];

    expect(wrong.map((one) => report(ROOT, one)).join("\n")).toMatchInlineSnapshot(`
      "error[WINDLASS_UNKNOWN_IMAGE] the app has no function "nobody", and no image whose hash begins so
      hint: it has image 34609b67783a of crop, resize; image 9f4a1546cba7 of caption
      exit 2
      error[WINDLASS_USAGE] \`windlass image build\` takes <file> [functions...], got 0
      hint: write \`windlass image build <file> [functions...]\`
      exit 2
      error[WINDLASS_UNKNOWN_ACTION] \`windlass image\` does build, inspect, list, got "bild"
      hint: did you mean \`build\`?
      exit 2
      error[WINDLASS_USAGE] \`--publish\` names one image, not 2
      hint: name a function that has it: \`windlass image build app.ts resize --publish base\`
      exit 2
      error[WINDLASS_INVALID_IMAGE_NAME] --publish takes the name of an image, got "No Name"
      hint: write small letters and digits, and a tag if it matters: "base" or "base:v2"
      exit 1
      error[WINDLASS_NO_DOCKER] Docker does not answer: spawn none ENOENT
      hint: install or start Docker
      exit 1"
    `);
  });
});

test("windlass image inspect tells of layers, and whether an image is here", async () => {
  fakeDocker(DOCKER);

  const text = await image("inspect", "app.ts", "caption");
  const json = await image("inspect", "app.ts", "resize", "--json");

  expect(text.stdout).toMatch(/^functions {3}caption$/m);
  expect(text.stdout).toMatch(/^built {7}not here$/m);
  expect(text.stdout).toMatch(/^layer {7}[0-9a-f]{12}\n {2}RUN --mount/m);
  expect(JSON.parse(json.stdout)).toMatchObject([
    { functions: ["crop", "resize"], base: "debian:bookworm-slim", isBuilt: false, bytes: null },
  ]);
});

test("--containers is refused where it means nothing", async () => {
  const wrong = [
    await windlass(ROOT, ["run", "--containers", "podman", "app.ts::resize"]),
    await windlass(ROOT, ["run", "--containers", "docker", "--on", "aws", "app.ts::resize"]),
    await windlass(ROOT, ["run", "--containers", "docker", "--inspect", "app.ts::resize"]),
    await windlass(ROOT, ["run", "app.ts::resize"], { WINDLASS_CONTAINERS: "podman" }),
  ];

  expect(wrong.map((one) => report(ROOT, one)).join("\n")).toMatchInlineSnapshot(`
    "error[WINDLASS_CONTAINERS] \`--containers\` must be process or docker, got "podman"
    hint: leave it out for processes of this machine
    exit 2
    error[WINDLASS_ONLY_LOCAL] \`--containers\` is for a run on this machine
    hint: leave out \`--containers\`, or \`--on aws\`
    exit 2
    error[WINDLASS_CONTAINERS] \`--inspect\` is for containers that are processes
    hint: leave out \`--containers docker\`
    exit 2
    error[WINDLASS_CONTAINERS] WINDLASS_CONTAINERS must be process or docker, got "podman"
    hint: leave it out for processes of this machine
    exit 1"
  `);
});
