type Gaps = Readonly<Record<string, string>>;

/** What a backend cannot do yet, by the title of the case, and why. A case that works in spite of it fails. */
export const GAPS: Readonly<Record<"local" | "docker" | "aws" | "testing", Gaps>> = {
  local: {},
  docker: {},
  aws: {},
  testing: {},
};
