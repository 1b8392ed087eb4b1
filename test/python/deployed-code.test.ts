import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { bundleObject } from "../../lib/aws/keys.ts";
import { NotFoundError } from "../../lib/errors.ts";
import { withPython } from "../../lib/local/python/deployed-bundle.ts";
import { pythonFilesOf } from "../../lib/python/code-archive.ts";
import type { AppSpec } from "../../lib/spec.ts";
import { fetchCode } from "../../runtime-shim/agent-aws/code.ts";
import { tempProject, writeFiles } from "../bundle/temp-project.ts";
import { mistake } from "../dsl/mistake.ts";

const ROOT = tempProject(
  {
    "out/app.mjs": "export const value = 42;\n",
    "py/tool.py": "# é\nimport helper\n",
    "py/helper.py": "",
    "py/deep/more.py": "x = 1\n",
    "py/notes.txt": "no code",
    "py/.venv/pyvenv.cfg": "",
    "py/env/pyvenv.cfg": "",
    "py/env/lib/big.py": "",
    "py/__pycache__/tool.py": "",
    "py/node_modules/gyp/gyp.py": "",
    "pack/__init__.py": "",
    "pack/sub/__init__.py": "",
    "pack/sub/tool.py": "from .. import x\n",
    "other/unrelated.py": "",
  },
  afterAll,
);
const script = { file: join(ROOT, "out/app.mjs"), hash: "" };

/** As much of a spec as code is made from. */
function specOf(...files: readonly string[]): AppSpec {
  const functions = files.map((file) => ({ python: { file, symbol: "run" } }));
  return { functions } as unknown as AppSpec;
}

describe("the code of an app with Python functions", () => {
  it("carries what lies beside their files, and loads in Node as before", async () => {
    const { file } = withPython(script, specOf("py/tool.py"), ROOT);

    const files = pythonFilesOf(readFileSync(file, "utf8"));
    expect([...files.keys()]).toEqual(["py/deep/more.py", "py/helper.py", "py/tool.py"]);
    expect(Buffer.from(files.get("py/tool.py") ?? []).toString()).toBe("# é\nimport helper\n");
    expect(await import(pathToFileURL(file).href)).toMatchObject({ value: 42 });
  });

  it("carries the folder that a package is in", () => {
    const { file } = withPython(script, specOf("pack/sub/tool.py"), ROOT);

    const paths = [...pythonFilesOf(readFileSync(file, "utf8")).keys()];
    expect(paths).toEqual(expect.arrayContaining(["pack/__init__.py", "pack/sub/tool.py"]));
  });

  it("has a hash of its content", () => {
    const first = withPython(script, specOf("py/tool.py"), ROOT);
    expect(withPython(script, specOf("py/tool.py"), ROOT)).toEqual(first);
    writeFiles(ROOT, { "py/helper.py": "changed = True\n" });
    expect(withPython(script, specOf("py/tool.py"), ROOT).hash).not.toBe(first.hash);
    writeFiles(ROOT, { "py/helper.py": "" });
  });

  it("is left alone without Python functions", () => {
    const spec = { functions: [{ python: null }] } as unknown as AppSpec;
    expect(withPython(script, spec, ROOT)).toBe(script);
  });

  it("cannot be outside of the project", () => {
    const told = mistake(() => withPython(script, specOf("../elsewhere.py"), ROOT));
    expect(told).toContain("InvalidError WINDLASS_PYTHON_OUTSIDE");
  });

  it("is written as files where it runs, after its hash was compared", async () => {
    const { file, hash } = withPython(script, specOf("py/tool.py"), ROOT);
    const key = bundleObject("app", hash);
    const blobs = {
      async bytes(asked: string): Promise<Uint8Array> {
        if (asked === key) return readFileSync(file);
        throw new NotFoundError("WINDLASS_TEST", asked);
      },
    };
    const request = {
      app: "app",
      codeHash: hash,
      folder: mkdtempSync(join(tmpdir(), "windlass-")),
    };

    const folder = await fetchCode(blobs, { ...request, isPython: true });

    expect(readFileSync(join(folder, "py/tool.py"), "utf8")).toBe("# é\nimport helper\n");
    expect(existsSync(join(folder, "py/deep/more.py"))).toBe(true);
    expect(await fetchCode(blobs, { ...request, isPython: false })).toMatch(/\.mjs$/);
  });
});
