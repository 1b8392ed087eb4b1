import { parseEnv } from "node:util";

/** The variables of a `.env` file, as Node reads them. */
export function parseDotenv(text: string): Readonly<Record<string, string>> {
  const entries = Object.entries(parseEnv(text));
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
