import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { parseDotenv } from "../../lib/storage/dotenv.ts";
import type { SecretValues } from "../../lib/storage/secret-values.ts";
import { UsageError } from "../usage-error.ts";

const STDIN = "-";
const STDIN_FD = 0;

/**
 * The variables of a secret: `KEY=value`, a file, or standard input; a name alone is asked for without an echo.
 * @throws UsageError where there are none, or a file cannot be read; it never tells a value
 */
export async function readSecretValues(
  operands: readonly string[],
  { fromDotenv, fromJson }: Readonly<Record<string, unknown>>,
): Promise<SecretValues> {
  const values: Record<string, string> = {};
  if (fromDotenv !== undefined) Object.assign(values, parseDotenv(readText(String(fromDotenv))));
  if (fromJson !== undefined) Object.assign(values, parseJson(String(fromJson)));
  for (const operand of operands) {
    const at = operand.indexOf("=");
    if (at > 0) values[operand.slice(0, at)] = operand.slice(at + 1);
    else values[operand] = await ask(operand);
  }
  if (Object.keys(values).length > 0) return values;
  throw new UsageError("WINDLASS_NO_SECRET_VALUES", "a secret needs at least one variable", {
    hint: "write `KEY=value`, `KEY` alone to be asked, or `--from-dotenv .env`",
  });
}

function readText(path: string): string {
  try {
    return readFileSync(path === STDIN ? STDIN_FD : path, "utf8");
  } catch {
    throw new UsageError("WINDLASS_SECRET_FILE", `cannot read "${path}"`, {
      hint: "give the path of a file, or `-` for standard input",
    });
  }
}

function parseJson(path: string): object {
  const text = readText(path);
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed;
  } catch {
    // Its message would quote the text, which is secret.
  }
  const message = `"${path}" must hold a JSON object of strings`;
  throw new UsageError("WINDLASS_SECRET_FILE", message, { hint: 'for instance `{ "KEY": "…" }`' });
}

/** Asks on the terminal; without one, the value is the next line of standard input. */
async function ask(key: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const isTerminal = process.stdin.isTTY === true;
  if (isTerminal) process.stderr.write(`${key}: `);
  const lines = createInterface({ input: process.stdin, output: silent, terminal: isTerminal });
  try {
    for await (const line of lines) return line;
  } finally {
    lines.close();
    if (isTerminal) process.stderr.write("\n");
  }
  throw new UsageError("WINDLASS_NO_SECRET_VALUES", `there is no value for "${key}"`, {
    hint: `write \`${key}=value\`, or pass it on standard input`,
  });
}
