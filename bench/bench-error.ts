/** Why the bench cannot go on. */
export class BenchError extends Error {
  override readonly name: string = "BenchError";
}
