import { styleText } from "node:util";

/** A style of `util.styleText`. */
export type Style = Parameters<typeof styleText>[0];

/** True where escape codes for colours may be written: a terminal, unless the environment says otherwise. */
export function hasColors(
  stream: NodeJS.WriteStream,
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  const force = env["FORCE_COLOR"];
  if (force !== undefined) return force !== "0" && force !== "false";
  if ((env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb") return false;
  return stream.isTTY === true;
}

/** Colours a text for a stream, if the stream shows colours. */
export function styled(style: Style, text: string, stream: NodeJS.WriteStream): string {
  return hasColors(stream) ? styleText(style, text) : text;
}
