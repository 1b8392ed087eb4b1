import { styled } from "../terminal.ts";
import type { AwsOptions } from "./deploy-options.ts";

/** Where nobody watches, a line about progress is printed this often. */
const LINE_EVERY_MS = 10_000;

/** What a command that works on AWS shows besides its result, on standard error. */
export interface Steps {
  /** Something is done. */
  done(text: string): void;
  /** Something goes on; the next line takes its place on a terminal. */
  progress(text: string): void;
  /** Lines as they are. */
  lines(lines: readonly string[]): void;
  notice(notice: Notice): void;
  /** For `--debug` only. */
  detail(text: string): void;
}

interface Notice {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export function createSteps({ quiet, debug }: AwsOptions): Steps {
  const stream = process.stderr;
  const isTerminal = stream.isTTY === true;
  let lineAt = Number.NEGATIVE_INFINITY;
  const clear = isTerminal ? "\r\u001b[K" : "";
  return {
    done(text) {
      if (!quiet) stream.write(`${clear}${styled("green", "✓", stream)} ${text}\n`);
    },
    progress(text) {
      if (quiet) return;
      if (isTerminal) stream.write(`${clear}  ${text.slice(0, (stream.columns ?? 80) - 3)}`);
      else if (performance.now() - lineAt >= LINE_EVERY_MS) {
        lineAt = performance.now();
        stream.write(`  ${text}\n`);
      }
    },
    lines(lines) {
      if (!quiet && lines.length > 0) stream.write(`${clear}  ${lines.join("\n  ")}\n`);
    },
    notice({ code, message, hint }) {
      if (quiet) return;
      stream.write(`${clear}${styled("yellow", `notice[${code}]`, stream)} ${message}\n`);
      stream.write(`${styled("cyan", "hint:", stream)} ${hint}\n`);
    },
    detail(text) {
      if (debug) stream.write(`${clear}${styled("dim", text, stream)}\n`);
    },
  };
}

/** `Windlass-media: 3 of 12 resources, ResizeQueue`. */
export function progressText(progress: {
  readonly stack: string;
  readonly done: number;
  readonly total: number | undefined;
  readonly resource: string;
}): string {
  const { stack, done, total, resource } = progress;
  const count = total === undefined ? `${done}` : `${done} of ${total}`;
  return `${stack}: ${count} resources, ${resource}`;
}

/** `1.2 s`. */
export function secondsSince(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
