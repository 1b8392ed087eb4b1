import { show } from "../options/show.ts";
import type { Violation } from "../options/violation.ts";

/** What `handler` of a Python function names. */
export interface PythonName {
  /** Path of a file, relative to the one that defines the function, with `/`. */
  readonly file: string;
  /** The function or class in it. */
  readonly symbol: string;
}

const IDENTIFIER = "[\\p{ID_Start}_][\\p{ID_Continue}]*";
const HANDLER = new RegExp(`^([^:]+\\.py):(${IDENTIFIER}(?:\\.${IDENTIFIER})*)$`, "u");

/** Splits `"whisper.py:transcribe"`; undefined if it is no such text. */
export function parsePythonName(handler: unknown): PythonName | undefined {
  const [, file, symbol] = typeof handler === "string" ? (HANDLER.exec(handler) ?? []) : [];
  if (file === undefined || symbol === undefined || /^[/\\]|^[A-Za-z]:|\\/.test(file)) {
    return undefined;
  }
  return { file, symbol };
}

export function checkPythonName(handler: unknown, subject: string): Violation[] {
  if (parsePythonName(handler) !== undefined) return [];
  return [
    {
      code: "WINDLASS_INVALID_PYTHON_HANDLER",
      message: `\`handler\` of ${subject} must be a relative path of a .py file, a colon and a name in it, got ${show(handler)}`,
      hint: 'write for instance `handler: "whisper.py:transcribe"`',
    },
  ];
}
