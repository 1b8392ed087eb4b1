const SAFE = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** A text as one word of a POSIX shell. */
export function quote(text: string): string {
  return SAFE.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * A shell command as an instruction of a Dockerfile. In JSON form: line breaks, `<<`, comments and a `\` at the end
 * would else be syntax of the Dockerfile.
 */
export function run(command: string): string {
  return `RUN ${JSON.stringify(["/bin/sh", "-c", command])}`;
}

/** An environment variable as an instruction of a Dockerfile; its value is on one line. */
export function setEnv(name: string, value: string): string {
  return `ENV ${name}="${value.replaceAll(/[\\"$]/g, (char) => `\\${char}`)}"`;
}
