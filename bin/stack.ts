import { join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { ownFolder } from "../lib/local/bundle/own-package.ts";

// Compiled code, and the sources that source maps lead to.
const OWN_FOLDERS: readonly string[] = ["dist", "lib", "bin", "runtime-shim"].flatMap((name) => {
  const folder = `${join(ownFolder(), name)}${sep}`;
  return [folder, pathToFileURL(folder).href];
});

/** What Windlass talks to AWS through: their frames say nothing to users either. */
const AWS_PACKAGES = /[\\/]node_modules[\\/](@aws-sdk|@smithy|@aws-cdk|aws-cdk-lib)[\\/]/;

/** An error with its causes and fields, without stack frames of Windlass and of Node. */
export function inspectUserError(error: unknown, colors: boolean): string {
  if (!(error instanceof Error)) return `Thrown: ${inspect(error, { colors })}`;
  const kept: string[] = [];
  for (const line of inspect(error, { colors }).split("\n")) {
    if (!isFrame(line) || isUserFrame(line)) kept.push(line);
    // The fields of an error begin at the end of its last frame.
    else if (line.endsWith(" {")) kept.push(`${kept.pop() ?? ""} {`);
  }
  return kept.join("\n");
}

/** The line of user code that an error came from, as in a stack trace. */
export function userFrame(error: Error): string | undefined {
  return frames(error).find(isUserFrame)?.trim();
}

/** True when the code that threw is Windlass's own. */
export function isThrownByWindlass(error: unknown): boolean {
  const first =
    error instanceof Error ? frames(error).find((line) => !isNodeFrame(line)) : undefined;
  return first !== undefined && isOwnFrame(first);
}

function frames(error: Error): readonly string[] {
  return (error.stack ?? "").split("\n").filter(isFrame);
}

function isFrame(line: string): boolean {
  return /^\W*\s{4}at /.test(line);
}

function isUserFrame(line: string): boolean {
  return !isNodeFrame(line) && !isOwnFrame(line);
}

function isNodeFrame(line: string): boolean {
  return /\(node:|at node:|\(<anonymous>\)|at async node:|at async Promise\./.test(line);
}

function isOwnFrame(line: string): boolean {
  return OWN_FOLDERS.some((folder) => line.includes(folder)) || AWS_PACKAGES.test(line);
}
