import { resolve } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { reportUncaught } from "../../bin/report.ts";

/** Reports an uncaught error of code in a file. */
function report(file: string): { readonly code: number; readonly text: string } {
  const error = new TypeError("x is undefined");
  error.stack = `TypeError: x is undefined\n    at run (${resolve(file)}:1:2)`;
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  onTestFinished(() => write.mockRestore());
  const code = reportUncaught(error, false);
  return { code, text: write.mock.calls.map(([text]) => text).join("") };
}

test.each(["dist/lib/index.js", "dist/chunks/app-ABC.js", "lib/app.ts"])(
  "an uncaught error in Windlass's own %s ends with 70 and asks to report it",
  (file) => {
    const { code, text } = report(file);

    expect(code).toBe(70);
    expect(text).toMatch(/WINDLASS_BUG.*TypeError: x is undefined.*please report/s);
  },
);

test("an uncaught error in user code ends with 1 and shows itself", () => {
  const { code, text } = report("examples/app.ts");

  expect(code).toBe(1);
  expect(text).toBe(`TypeError: x is undefined\n    at run (${resolve("examples/app.ts")}:1:2)\n`);
});
