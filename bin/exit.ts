/** Ends the process once what was written to standard output has left it. */
export function exit(code: number): void {
  process.exitCode = code;
  process.stdout.write("", () => process.exit(code));
}
