import { show } from "./show.ts";
import type { Violation } from "./violation.ts";

/** What is wrong with the name of an app. */
export function checkAppName(name: unknown): Violation[] {
  if (typeof name === "string" && /^[A-Za-z0-9._-]{1,64}$/.test(name)) return [];
  return [
    {
      code: "WINDLASS_INVALID_APP_NAME",
      message: `the name of an App must be 1 to 64 letters, digits, ., _ or -, got ${show(name)}`,
      hint: 'name it with the first argument, for instance "media"',
    },
  ];
}
