import { checkKnown } from "../options/known.ts";
import { checkSecrets } from "../options/secrets.ts";
import { show } from "../options/show.ts";
import { checkEnv } from "../options/text-maps.ts";
import type { Violation } from "../options/violation.ts";
import type { Secret } from "../storage/secret.ts";

/** Options of every step that runs something. */
export interface BuildStepOptions {
  /**
   * Secrets whose variables the step has while it runs; no layer holds them. Other values do not build it anew.
   * @default - none
   */
  readonly secrets?: readonly Secret[] | undefined;
  /** Variables that the step has while it runs, and containers do not. @default - none */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Runs it and all after it again with each build. @default false */
  readonly forceBuild?: boolean | undefined;
}

/** Names of the options of every step. */
const STEP_OPTIONS: readonly string[] = ["secrets", "env", "forceBuild"];

const RENAMED: ReadonlyMap<string, string> = new Map([
  ["secret", "`secrets`"],
  ["force", "`forceBuild`"],
]);

export interface OptionNames {
  readonly subject: string;
  /** Beside those of every step. */
  readonly names?: readonly string[];
  readonly renamed?: ReadonlyMap<string, string>;
}

/** What is wrong with the options that every step has, and with names of others. */
export function checkStepOptions(
  options: unknown,
  { subject, names = [], renamed = new Map() }: OptionNames,
): { readonly values: Readonly<Record<string, unknown>>; readonly violations: Violation[] } {
  const known = checkKnown(options, {
    subject,
    names: [...names, ...STEP_OPTIONS],
    renamed: new Map([...RENAMED, ...renamed]),
  });
  const values = known.values ?? {};
  const { secrets, env, forceBuild } = values;
  const violations = [...known.violations];
  if (secrets !== undefined) violations.push(...checkSecrets(secrets, `\`secrets\` of ${subject}`));
  if (env !== undefined) violations.push(...checkEnv(env, `\`env\` of ${subject}`));
  violations.push(...checkBoolean(forceBuild, `\`forceBuild\` of ${subject}`));
  return { values, violations };
}

export function checkBoolean(value: unknown, subject: string): Violation[] {
  if (value === undefined || typeof value === "boolean") return [];
  return [
    {
      code: "WINDLASS_NOT_A_BOOLEAN",
      message: `${subject} must be true or false, got ${show(value)}`,
      hint: "write `true` or `false`",
    },
  ];
}
