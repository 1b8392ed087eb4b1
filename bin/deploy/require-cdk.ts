import { createRequire } from "node:module";
import { NotFoundError } from "../../lib/errors.ts";

/** What is tested together; the toolkit's later versions cannot be installed. */
const PACKAGES = ["@aws-cdk/toolkit-lib@1.40.0", "aws-cdk-lib@2.276.0", "constructs@10.8.1"];

/** Refuses where the packages of the CDK are missing, which only commands that deploy need. @throws NotFoundError */
export function requireCdk(): void {
  const { resolve } = createRequire(import.meta.url);
  const missing = PACKAGES.filter((spec) => {
    const name = spec.slice(0, spec.lastIndexOf("@"));
    try {
      return resolve(`${name}/package.json`) === "";
    } catch {
      return true;
    }
  });
  if (missing.length === 0) return;
  const names = missing.map((spec) => spec.slice(0, spec.lastIndexOf("@"))).join(" and ");
  throw new NotFoundError(
    "WINDLASS_CDK_MISSING",
    `deploying needs ${names}, which ${missing.length === 1 ? "is" : "are"} not installed`,
    { hint: `run \`npm install --save-dev --save-exact ${missing.join(" ")}\`` },
  );
}
