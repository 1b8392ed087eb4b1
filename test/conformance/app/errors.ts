export class QuotaError extends Error {
  readonly limit: number;
  readonly items: readonly string[];

  constructor(limit: number) {
    super(`no more than ${limit}`, {
      cause: new RangeError("first", { cause: new Error("root") }),
    });
    this.name = "QuotaError";
    this.limit = limit;
    this.items = ["a", "b"];
  }
}

/** One that sets no name, and that its own code refers to: a bundler renames it. */
export class OutageError extends Error {
  static readonly made: Set<string> = new Set();
  readonly region: string;

  constructor(region: string) {
    super(`${region} is out`);
    OutageError.made.add(region);
    this.region = region;
  }

  get isNear(): boolean {
    return this.region.startsWith("eu-");
  }
}
