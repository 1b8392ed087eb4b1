import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { writeFiles } from "../bundle/temp-project.ts";
import { appProject, type Outcome, windlass } from "../cli/cli.ts";
import { ensureNodeImage, ensurePythonImage, PYTHON_VERSION } from "../e2e-aws/images.ts";

const MINUTES = 60_000;
const client = inject("docker");
/** Docker stays up between runs of the tests, and knows what they have built. */
const RUN = Date.now();
let root = "";

beforeAll(() => {
  if (client === null) return;
  ensureNodeImage();
  ensurePythonImage();
  root = appProject(
    { "assets/a.txt": "hello", "assets/b.log": "no", "pkg/mine.py": "VALUE = 7\n" },
    afterAll,
  );
}, 10 * MINUTES);

function run(...args: readonly string[]): Promise<Outcome> {
  return windlass(root, args, { CDK_DOCKER: client ?? "" });
}

interface Built {
  readonly hash: string;
  readonly tag: string;
  readonly steps: { readonly total: number; readonly run: number };
}

/** Builds the only image of an app. */
async function build(source: string, ...flags: readonly string[]): Promise<Built & Outcome> {
  writeFiles(root, { "app.ts": source });
  const outcome = await run("image", "build", "app.ts", "--json", ...flags);
  expect(outcome).toMatchObject({ code: 0 });
  const [built] = JSON.parse(outcome.stdout) as readonly Built[];
  expect(built).toBeDefined();
  return { ...(built as Built), ...outcome };
}

/** What a shell command in an image prints. */
function inImage(tag: string, command: string): string {
  const args = ["run", "--rm", "--entrypoint", "sh", tag, "-c", command];
  return execFileSync(client ?? "", args, { encoding: "utf8" }).trim();
}

/** An app with this image, whose function says what is there. */
function app(image: string, functions = 'export const f = app.function("f", () => 1);'): string {
  return `
    import { App, Image, Secret, Volume } from "windlass";
    import { writeFileSync } from "node:fs";
    export function download(name: string): void {
      writeFileSync("/opt/weights.txt", name + " by " + String(process.env.TOKEN).length);
    }
    const python = { python: "${PYTHON_VERSION}" };
    const image = ${image};
    export const app = new App("built", { image });
    ${functions}
  `;
}

describe.skipIf(client === null)("images are built for real", () => {
  const media = (packages: string, answer = 1): string =>
    app(
      `Image.debianSlim(python)
        .aptInstall("ffmpeg")
        .env({ RUN: "${RUN}" })
        .pipInstall(${packages})
        .npmInstall("is-number@7.0.0")
        .runFunction(download, { args: ["llama"], secrets: [Secret.fromDict({ TOKEN: "sesame-opens" })] })
        .addLocalPythonSource("pkg", { ignore: ["**/*.txt"] })
        .addLocalDir("assets", "/opt/assets", { ignore: ["**/*.log"] })`,
      `
      import { execFileSync } from "node:child_process";
      import { existsSync, readFileSync } from "node:fs";
      const volume = Volume.fromName("frames", { createIfMissing: true });
      const options = { volumes: { "/frames": volume }, memoryMiB: { request: 256, limit: 512 }, cpu: { request: 0.5, limit: 1 } };
      export const f = app.function("f", options, async (seconds: number) => {
        const { default: isNumber } = await image.imports<{ default(x: unknown): boolean }>("is-number");
        const wav = "/frames/tone.wav";
        execFileSync("ffmpeg", ["-loglevel", "error", "-y", "-f", "lavfi", "-i", "sine=duration=" + seconds, wav]);
        await volume.commit();
        const program = "import numpy, pkg.mine, sys; print(numpy.frombuffer(open(sys.argv[1], 'rb').read()[44:108], dtype='int16').max() > 0, pkg.mine.VALUE)";
        return {
          python: execFileSync("python3", ["-c", program, wav], { encoding: "utf8" }).trim(),
          isNumber: isNumber(seconds) && ${answer},
          weights: readFileSync("/opt/weights.txt", "utf8"),
          asset: readFileSync("/opt/assets/a.txt", "utf8"),
          log: existsSync("/opt/assets/b.log"),
          isInDocker: existsSync("/.dockerenv"),
        };
      });`,
    );

  test("one is built once, and a changed package builds from its layer only", {
    timeout: 15 * MINUTES,
  }, async () => {
    const first = await build(media('"numpy==2.1.3"'));
    const again = await build(media('"numpy==2.1.3"'));
    const code = await build(media('"numpy==2.1.3"', 2));
    const changed = await build(media('"numpy==2.1.3", "six"'));

    expect(first.steps.run).toBeGreaterThan(0);
    expect([again.steps.run, code.steps.run]).toEqual([0, 0]);
    expect([again.tag, code.tag]).toEqual([first.tag, first.tag]);
    // The layer of apt stays, and those after it are built.
    expect(changed.steps.run).toBe(changed.steps.total - 1);
  });

  test("a function that needs ffmpeg and numpy runs in a container of it", {
    timeout: 15 * MINUTES,
  }, async () => {
    writeFiles(root, { "app.ts": media('"numpy==2.1.3", "six"', 3) });

    const { code, stdout, stderr } = await run(
      "run",
      "--json",
      "--containers",
      "docker",
      "app.ts::f",
      "1",
    );

    expect(stderr).not.toContain("error");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      ...{ python: "True 7", isNumber: 3, weights: "llama by 12", asset: "hello" },
      ...{ log: false, isInDocker: true },
    });
    const files = await run("volume", "ls", "frames");
    expect(files.stdout).toContain("tone.wav");
  });

  test("a changed list of packages downloads those that are new", {
    timeout: 5 * MINUTES,
  }, async () => {
    const image = `Image.debianSlim().env({ RUN: "${RUN}" })`;
    await build(app(`${image}.aptInstall("tree", "jq")`));

    const { stderr } = await build(app(`${image}.aptInstall("tree", "jq", "file")`), "--debug");

    // Of apt: what it has to get, of what it needs.
    expect(stderr).toMatch(/Need to get [\d,]+ k?B\/[\d,]+ k?B of archives/);
  });

  test("no layer has a secret, and list and inspect tell of the image", {
    timeout: 5 * MINUTES,
  }, async () => {
    const { tag, hash } = await build(media('"numpy==2.1.3", "six"'));

    const history = execFileSync(client ?? "", ["history", "--no-trunc", tag], {
      encoding: "utf8",
    });
    expect(history).not.toContain("sesame");
    expect(inImage(tag, "cat /opt/weights.txt; ls /run/secrets /tmp")).not.toContain("sesame");
    expect(inImage(tag, "find /var/cache/windlass -type f | wc -l")).toBe("0");
    const list = JSON.parse((await run("image", "list", "--json")).stdout);
    expect(list).toContainEqual(expect.objectContaining({ hash, tag }));
    const [inspected] = JSON.parse((await run("image", "inspect", "app.ts", "f", "--json")).stdout);
    expect(inspected).toMatchObject({ hash, tag, isBuilt: true, functions: ["f"] });
  });

  test("a Dockerfile with stages is a base, and its image has a name for others", {
    timeout: 5 * MINUTES,
  }, async () => {
    writeFiles(root, {
      "docker/Dockerfile": [
        "ARG SOURCE=debian:bookworm-slim",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: syntax of a Dockerfile
        "FROM ${SOURCE} AS made",
        "COPY part.txt /part.txt",
        "RUN cat /part.txt /part.txt > /whole.txt && echo $STAGE >> /whole.txt",
        `FROM python:${PYTHON_VERSION}-slim-bookworm`,
        "COPY --from=made /whole.txt /whole.txt",
        "",
      ].join("\n"),
      "docker/part.txt": "part\n",
      "docker/other.txt": "1",
    });
    const base = 'Image.fromDockerfile("docker/Dockerfile", { env: { STAGE: "first" } })';
    const first = await build(app(`${base}.uvPipInstall("six==1.16.0")`), "--publish", "base:v1");
    writeFiles(root, { "docker/other.txt": "2" });
    const same = await build(app(`${base}.uvPipInstall("six==1.16.0")`));

    const named = await build(
      app('Image.fromName("base:v1").runCommands("cp /whole.txt /copy.txt")'),
    );

    expect(same.tag).toBe(first.tag);
    expect(
      inImage(named.tag, "cat /copy.txt; python3 -c 'import six; print(six.__version__)'"),
    ).toBe("part\npart\nfirst\n1.16.0");
  });

  test("Python is added to an image without one, with the libraries that it needs", {
    timeout: 5 * MINUTES,
  }, async () => {
    const image = `Image.fromRegistry("debian:bookworm-slim", { addPython: "${PYTHON_VERSION}" })`;

    const { tag } = await build(app(image));

    expect(inImage(tag, "python3 -c 'import sqlite3, ssl, sys; print(sys.prefix)'")).toBe(
      "/usr/local",
    );
  });

  test("a forced step runs with every build, and those before it do not", {
    timeout: 5 * MINUTES,
  }, async () => {
    const source = app(
      'Image.debianSlim().runCommands("true").runCommands("date +%N > /at", { forceBuild: true })',
    );

    const [first, second] = [await build(source), await build(source)];

    expect(second.tag).not.toBe(first.tag);
    expect(second.steps.run).toBe(second.steps.total - 1);
    expect(inImage(second.tag, "cat /at")).not.toBe(inImage(first.tag, "cat /at"));
  });

  test("a build that fails tells what its command wrote", { timeout: 5 * MINUTES }, async () => {
    writeFiles(root, {
      "app.ts": app('Image.debianSlim().runCommands("echo no such model >&2; exit 3")'),
    });

    const { code, stderr } = await run("image", "build", "app.ts");

    expect(code).toBe(1);
    expect(stderr).toContain("error[WINDLASS_IMAGE_NOT_BUILT]");
    expect(stderr).toContain("no such model");
  });

  test("a secret that is missing ends a build before it begins", {
    timeout: 5 * MINUTES,
  }, async () => {
    const image =
      'Image.debianSlim().runCommands("true", { secrets: [Secret.fromName("nowhere")] })';
    writeFiles(root, { "app.ts": app(image) });

    const { code, stderr } = await run("image", "build", "app.ts");

    expect(code).toBe(1);
    expect(stderr).toContain("nowhere");
  });
});
