import { expect, test } from "vitest";
import { App, Image } from "windlass";
import { mistake } from "./mistake.ts";

const base = Image.fromRegistry("base");

/** What each of several wrong uses throws. */
function mistakes(...uses: readonly (() => unknown)[]): string {
  return uses.map(mistake).join("\n\n");
}

test("a base that is none says what there is", () => {
  expect(
    mistakes(
      () => Image.debianSlim({ python: "2.7" }),
      () => Image.debianSlim({ python: 3.12 as never }),
      () => Image.debianSlim({ node: "lts" }),
      () => Image.debianSlim({ python_version: "3.12" } as object),
      () => Image.debianSlim("3.12" as never),
      () => Image.debianSlim({ python: "3.12\nRUN true", node: "16" }),
      () => Image.fromRegistry("Ubuntu latest"),
      () => Image.fromRegistry("ubuntu\nRUN true"),
      () => Image.fromRegistry(3 as never),
    ),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_PYTHON_VERSION
    \`python\` of debianSlim() must be a version of Python from 3.9 on, as a string, got "2.7"
    hint: write \`python: "3.12"\`

    InvalidError WINDLASS_INVALID_PYTHON_VERSION
    \`python\` of debianSlim() must be a version of Python from 3.9 on, as a string, got 3.12
    hint: write \`python: "3.12"\`

    InvalidError WINDLASS_INVALID_NODE_VERSION
    \`node\` of debianSlim() must be a version of Node from 18 on, as a string, got "lts"
    hint: write \`node: "24"\`

    InvalidError WINDLASS_OPTION_RENAMED
    \`python_version\` is not an option of debianSlim(): it is \`python\`
    hint: use \`python\` instead

    InvalidError WINDLASS_OPTIONS_NOT_AN_OBJECT
    options of debianSlim() must be an object, got "3.12"
    hint: write them as \`{ python: … }\`

    InvalidError WINDLASS_SEVERAL_MISTAKES
    debianSlim() has 2 mistakes
      \`python\` of debianSlim() must be a version of Python from 3.9 on, as a string, got "3.12\\nRUN true"; write \`python: "3.12"\` (WINDLASS_INVALID_PYTHON_VERSION)
      \`node\` of debianSlim() must be a version of Node from 18 on, as a string, got "16"; write \`node: "24"\` (WINDLASS_INVALID_NODE_VERSION)
    hint: correct each of them

    InvalidError WINDLASS_INVALID_IMAGE_TAG
    fromRegistry() takes the name of an image, got "Ubuntu latest"
    hint: write repository and tag, for instance "python:3.12-slim" or "ghcr.io/team/base:v3"

    InvalidError WINDLASS_INVALID_IMAGE_TAG
    fromRegistry() takes the name of an image, got "ubuntu\\nRUN true"
    hint: write repository and tag, for instance "python:3.12-slim" or "ghcr.io/team/base:v3"

    InvalidError WINDLASS_INVALID_IMAGE_TAG
    fromRegistry() takes the name of an image, got 3
    hint: write repository and tag, for instance "python:3.12-slim" or "ghcr.io/team/base:v3""
  `);
});

test("what is no package is refused, all of a call at once", () => {
  expect(
    mistakes(
      () => base.aptInstall("-y"),
      () => base.aptInstall("curl;true"),
      () => base.aptInstall("curl-"),
      () => base.pipInstall("numpy\ntorch"),
      () => base.pipInstall("--pre", "$(id)", 3 as never),
      () => base.uvPipInstall("a`b`"),
      () => base.uvPipInstall("git+https://me:secret@example.com/mine.git"),
      () => base.pipInstall({ pre: true } as never, "numpy"),
      () => base.npmInstall("user/repository", "file:../x", "a@npm:b"),
      () => base.npmInstall(undefined as never),
    ),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_APT_PACKAGE
    aptInstall() takes Debian packages, got "-y"
    hint: write a name, with a version if it matters: "ffmpeg" or "git=1:2.39.*"

    InvalidError WINDLASS_INVALID_APT_PACKAGE
    aptInstall() takes Debian packages, got "curl;true"
    hint: write a name, with a version if it matters: "ffmpeg" or "git=1:2.39.*"

    InvalidError WINDLASS_INVALID_APT_PACKAGE
    aptInstall() takes Debian packages, got "curl-"
    hint: write a name, with a version if it matters: "ffmpeg" or "git=1:2.39.*"

    InvalidError WINDLASS_INVALID_PYTHON_PACKAGE
    pipInstall() takes Python packages, got "numpy\\ntorch"
    hint: write a name, with versions if they matter: "torch==2.9.0" or "uvicorn[standard]>=0.30,<1"; options of the installer go into \`extraOptions\`

    InvalidError WINDLASS_SEVERAL_MISTAKES
    pipInstall() has 3 mistakes
      pipInstall() takes Python packages, got "--pre"; write a name, with versions if they matter: "torch==2.9.0" or "uvicorn[standard]>=0.30,<1"; options of the installer go into \`extraOptions\` (WINDLASS_INVALID_PYTHON_PACKAGE)
      pipInstall() takes Python packages, got "$(id)"; write a name, with versions if they matter: "torch==2.9.0" or "uvicorn[standard]>=0.30,<1"; options of the installer go into \`extraOptions\` (WINDLASS_INVALID_PYTHON_PACKAGE)
      pipInstall() takes Python packages, got 3; write a name, with versions if they matter: "torch==2.9.0" or "uvicorn[standard]>=0.30,<1"; options of the installer go into \`extraOptions\` (WINDLASS_INVALID_PYTHON_PACKAGE)
    hint: correct each of them

    InvalidError WINDLASS_INVALID_PYTHON_PACKAGE
    uvPipInstall() takes Python packages, got "a\`b\`"
    hint: write a name, with versions if they matter: "torch==2.9.0" or "uvicorn[standard]>=0.30,<1"; options of the installer go into \`extraOptions\`

    InvalidError WINDLASS_CREDENTIALS_IN_IMAGE
    a package of uvPipInstall() must not hold credentials: they would be stored in the image
    hint: install from where none are needed, or from where your network is let in

    InvalidError WINDLASS_INVALID_PYTHON_PACKAGE
    pipInstall() takes Python packages, got {"pre":true}
    hint: write a name, with versions if they matter: "torch==2.9.0" or "uvicorn[standard]>=0.30,<1"; options of the installer go into \`extraOptions\`

    InvalidError WINDLASS_SEVERAL_MISTAKES
    npmInstall() has 3 mistakes
      npmInstall() takes npm packages, got "user/repository"; write a name of the registry, with a version if it matters: "sharp", "sharp@0.34.4" or "@scope/name@^1.2.0" (WINDLASS_INVALID_NPM_PACKAGE)
      npmInstall() takes npm packages, got "file:../x"; write a name of the registry, with a version if it matters: "sharp", "sharp@0.34.4" or "@scope/name@^1.2.0" (WINDLASS_INVALID_NPM_PACKAGE)
      npmInstall() takes npm packages, got "a@npm:b"; write a name of the registry, with a version if it matters: "sharp", "sharp@0.34.4" or "@scope/name@^1.2.0" (WINDLASS_INVALID_NPM_PACKAGE)
    hint: correct each of them

    InvalidError WINDLASS_INVALID_NPM_PACKAGE
    npmInstall() takes npm packages, got undefined
    hint: write a name of the registry, with a version if it matters: "sharp", "sharp@0.34.4" or "@scope/name@^1.2.0""
  `);
});

test.each([
  "numpy",
  "torch==2.9.0+cpu",
  "uvicorn[standard,extra]>=0.30, <1, !=0.31.*",
  "flash_attn ~= 2.7",
  "mine @ https://example.com/mine-1.0-py3-none-any.whl",
  "git+https://github.com/team/mine.git@v1#subdirectory=python",
])("pip and uv take %j", (name) => {
  expect(base.pipInstall(name).uvPipInstall(name).layers).toHaveLength(2);
});

test.each(["zod", "@types/node@24", "sharp@>=0.33 <1 || ^2.0.0-rc.1", "JSONStream@1", "x@*"])(
  "npm takes %j",
  (name) => {
    expect(base.npmInstall(name).layers).toHaveLength(1);
  },
);

test.each(["g++", "libssl3:amd64", "git=1:2.39.5-0+deb12u2", "linux-libc-dev=6.1.*"])(
  "apt takes %j",
  (name) => {
    expect(base.aptInstall(name).layers).toHaveLength(1);
  },
);

test("wrong options of pipInstall and uvPipInstall are told all at once", () => {
  expect(
    mistakes(
      () => base.pipInstall("a", { index_url: "https://example.com" } as object),
      () => base.pipInstall("a", { uvVersion: "0.13.9" } as object),
      () => base.pipInstall("a", { indexUrl: "example.com" }),
      () => base.pipInstall("a", { extraIndexUrl: "https://me:secret@example.com/simple" }),
      () => base.pipInstall("a", { extraOptions: "--no-deps" as never }),
      () =>
        base.uvPipInstall("-r", {
          pre: "yes" as never,
          extraOptions: ["a\0"],
          uvVersion: "latest",
          findLinks: 3 as never,
        }),
    ),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_OPTION_RENAMED
    \`index_url\` is not an option of pipInstall(): it is \`indexUrl\`
    hint: use \`indexUrl\` instead

    InvalidError WINDLASS_OPTION_UNKNOWN
    \`uvVersion\` is not an option of pipInstall()
    hint: use one of \`findLinks\`, \`indexUrl\`, \`extraIndexUrl\`, \`pre\`, \`extraOptions\`, \`secrets\`, \`env\` or \`forceBuild\`

    InvalidError WINDLASS_INVALID_INDEX_URL
    \`indexUrl\` of pipInstall() must be a URL with http or https, got "example.com"
    hint: write for instance "https://download.pytorch.org/whl/cpu"

    InvalidError WINDLASS_CREDENTIALS_IN_IMAGE
    \`extraIndexUrl\` of pipInstall() must not hold credentials: they would be stored in the image
    hint: install from where none are needed, or from where your network is let in

    InvalidError WINDLASS_INVALID_EXTRA_OPTIONS
    \`extraOptions\` of pipInstall() must be a list of strings, got "--no-deps"
    hint: write each argument as one string, for instance \`["--no-deps"]\`

    InvalidError WINDLASS_SEVERAL_MISTAKES
    uvPipInstall() has 5 mistakes
      uvPipInstall() takes Python packages, got "-r"; write a name, with versions if they matter: "torch==2.9.0" or "uvicorn[standard]>=0.30,<1"; options of the installer go into \`extraOptions\` (WINDLASS_INVALID_PYTHON_PACKAGE)
      \`findLinks\` of uvPipInstall() must be a URL with http or https, got 3; write for instance "https://download.pytorch.org/whl/cpu" (WINDLASS_INVALID_INDEX_URL)
      \`pre\` of uvPipInstall() must be true or false, got "yes"; write \`true\` or \`false\` (WINDLASS_NOT_A_BOOLEAN)
      \`extraOptions\` of uvPipInstall() must be a list of strings, got ["a\\u0000"]; write each argument as one string, for instance \`["--no-deps"]\` (WINDLASS_INVALID_EXTRA_OPTIONS)
      \`uvVersion\` of uvPipInstall() must be a version of uv, got "latest"; write all three numbers, for instance "0.13.9" (WINDLASS_INVALID_UV_VERSION)
    hint: correct each of them"
  `);
});

test("a Debian image without Python has no pip", () => {
  expect(
    mistakes(
      () => Image.debianSlim().pipInstall("numpy"),
      () => Image.debianSlim({ node: "24" }).uvPipInstall("numpy"),
    ),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_IMAGE_WITHOUT_PYTHON
    pipInstall() needs Python, which this image of debianSlim() does not have
    hint: begin with \`Image.debianSlim({ python: "3.12" })\`

    InvalidError WINDLASS_IMAGE_WITHOUT_PYTHON
    uvPipInstall() needs Python, which this image of debianSlim() does not have
    hint: begin with \`Image.debianSlim({ python: "3.12" })\`"
  `);
});

test("variables have names of letters, digits and _, and values of one line", () => {
  expect(
    mistakes(
      () => base.env({ "A-B": "1", WINDLASS_X: "1", C: 3 as never }),
      () => base.env({ A: "one\ntwo", B: "a\rb" }),
      () => base.env("A=1" as never),
    ),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_SEVERAL_MISTAKES
    env() has 3 mistakes
      names in env() must be letters, digits and _, not beginning with a digit or WINDLASS_, got "A-B"; write names and strings, for instance \`{ LOG_LEVEL: "debug" }\` (WINDLASS_INVALID_ENV)
      names in env() must be letters, digits and _, not beginning with a digit or WINDLASS_, got "WINDLASS_X"; write names and strings, for instance \`{ LOG_LEVEL: "debug" }\` (WINDLASS_INVALID_ENV)
      "C" in env() must be a string, got 3; write names and strings, for instance \`{ LOG_LEVEL: "debug" }\` (WINDLASS_INVALID_ENV)
    hint: correct each of them

    InvalidError WINDLASS_SEVERAL_MISTAKES
    env() has 2 mistakes
      "A" in env() must be text on one line, got "one\\ntwo"; pass it as \`env\` of the App or of the function (WINDLASS_INVALID_IMAGE_ENV)
      "B" in env() must be text on one line, got "a\\rb"; pass it as \`env\` of the App or of the function (WINDLASS_INVALID_IMAGE_ENV)
    hint: correct each of them

    InvalidError WINDLASS_INVALID_ENV
    env() must be an object of strings, got "A=1"
    hint: write names and strings, for instance \`{ LOG_LEVEL: "debug" }\`"
  `);
});

test("commands are text that fits into a line of a Dockerfile", () => {
  expect(
    mistakes(
      () => base.runCommands(" "),
      () => base.runCommands("a\0", "\ud800", 3 as never),
      () => base.runCommands("x".repeat(70_000)),
      () => base.env({ A: "$".repeat(32_768), B: "€".repeat(32_000) }),
    ),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_COMMAND
    runCommands() takes shell commands as text, got " "
    hint: write each as one string, for instance "make install"

    InvalidError WINDLASS_SEVERAL_MISTAKES
    runCommands() has 3 mistakes
      runCommands() takes shell commands as text, got "a\\u0000"; write each as one string, for instance "make install" (WINDLASS_INVALID_COMMAND)
      runCommands() takes shell commands as text, got "\\ud800"; write each as one string, for instance "make install" (WINDLASS_INVALID_COMMAND)
      runCommands() takes shell commands as text, got 3; write each as one string, for instance "make install" (WINDLASS_INVALID_COMMAND)
    hint: correct each of them

    InvalidError WINDLASS_IMAGE_COMMAND_TOO_LONG
    runCommands() may add instructions of at most 65000 bytes each, got one of 70023
    hint: divide it among several calls

    InvalidError WINDLASS_SEVERAL_MISTAKES
    env() has 2 mistakes
      env() may add instructions of at most 65000 bytes each, got one of 65544; divide it among several calls (WINDLASS_IMAGE_COMMAND_TOO_LONG)
      env() may add instructions of at most 65000 bytes each, got one of 96008; divide it among several calls (WINDLASS_IMAGE_COMMAND_TOO_LONG)
    hint: correct each of them"
  `);
});

test("`image` of an App, a function or a class is an Image", () => {
  const app = new App("media");

  expect(
    mistakes(
      () => new App("other", { image: "debian" as never }),
      () => app.function("resize", { image: {} as never }, () => 1),
      () =>
        app.cls(
          "Model",
          { image: Image as never },
          class {
            run() {}
          },
        ),
      () => app.function("resize", { images: base } as object, () => 1),
    ),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_IMAGE
    \`image\` of app "other" must be an Image, got "debian"
    hint: write for instance \`Image.debianSlim().aptInstall("ffmpeg")\`

    InvalidError WINDLASS_INVALID_IMAGE
    \`image\` of function "resize" must be an Image, got {}
    hint: write for instance \`Image.debianSlim().aptInstall("ffmpeg")\`

    InvalidError WINDLASS_INVALID_IMAGE
    \`image\` of class "Model" must be an Image, got a class
    hint: write for instance \`Image.debianSlim().aptInstall("ffmpeg")\`

    InvalidError WINDLASS_OPTION_UNKNOWN
    \`images\` is not an option of function "resize"
    hint: did you mean \`image\`?"
  `);
});

test("the stack of an error begins where the image is defined", () => {
  let stack: string | undefined;
  try {
    base.uvPipInstall("-r");
  } catch (error) {
    stack = (error as Error).stack;
  }

  expect(stack?.split("\n")[1]).toContain("image-refusals.test.ts");
});
