import type { Violation } from "../options/violation.ts";
import { CACHES } from "./caches.ts";
import type { Step } from "./layer.ts";
import type { PrivateReposOptions } from "./python-options.ts";
import { PIP, pipArguments } from "./python-steps.ts";
import { quote, runAll, sorted, words } from "./quote.ts";
import { aptLines, type StepContext } from "./steps.ts";

/** Hosts that it can sign in to, with the variable that has the token. */
const TOKENS: Readonly<Record<string, string>> = {
  "github.com": "GITHUB_TOKEN",
  "gitlab.com": "GITLAB_TOKEN",
};
const REPOSITORY = /^(github\.com|gitlab\.com)\/[\w./-]+(?:@[\w./-]+)?(?:#[\w=&./-]+)?$/;

/** Installs packages from repositories whose tokens are in secrets; neither pip nor a layer keeps the tokens. */
export function privateReposStep(
  repositories: readonly string[],
  { gitUser, ...options }: PrivateReposOptions,
  context: StepContext,
): Step {
  const hosts = Object.keys(TOKENS).filter((host) =>
    repositories.some((one) => one.startsWith(`${host}/`)),
  );
  const checks = hosts.map((host) => {
    const token = TOKENS[host];
    return `: "\${${token}:?is in no secret of pipInstallPrivateRepos()}"`;
  });
  // Git puts the token into the address; what pip is given, and writes down, has none.
  const settings = hosts.flatMap((host, index) => [
    `GIT_CONFIG_KEY_${index}="url.https://"${quote(gitUser)}":$${TOKENS[host]}@${host}/.insteadOf"`,
    `GIT_CONFIG_VALUE_${index}=https://${host}/`,
  ]);
  const git = `export GIT_CONFIG_COUNT=${hosts.length} ${settings.join(" ")}`;
  const urls = sorted(repositories).map((repository) => `git+https://${repository}`);
  const install = `${PIP} ${words([...pipArguments(options), ...urls])}`;
  const command = [...checks, git, install].join(" && ");
  return {
    kind: "privateRepos",
    commands: [
      ...aptLines(["git"], { base: context.base }),
      ...runAll([command], { ...context, caches: [CACHES.pip] }),
    ],
    secrets: context.secrets,
  };
}

export function checkRepositories(
  repositories: readonly unknown[],
  { gitUser, secrets }: { readonly gitUser?: unknown; readonly secrets?: unknown },
): Violation[] {
  const subject = "pipInstallPrivateRepos()";
  const violations: Violation[] = [];
  if (typeof gitUser !== "string" || !/^[\w.-]+$/.test(gitUser)) {
    violations.push({
      code: "WINDLASS_INVALID_GIT_USER",
      message: `\`gitUser\` of ${subject} must be the name of the user whose token it has`,
      hint: 'write for instance `gitUser: "erikbern"`',
    });
  }
  if (!Array.isArray(secrets) || secrets.length === 0) {
    violations.push({
      code: "WINDLASS_PRIVATE_REPOS_WITHOUT_SECRET",
      message: `${subject} needs a secret with the token of the repositories`,
      hint: 'write `secrets: [Secret.fromName("github")]`, with the variable GITHUB_TOKEN or GITLAB_TOKEN',
    });
  }
  const invalid = repositories.filter(
    (one) => typeof one !== "string" || !REPOSITORY.test(one) || one.includes(".."),
  );
  if (invalid.length > 0) {
    violations.push({
      code: "WINDLASS_INVALID_REPOSITORY",
      message: `${invalid.length} of ${repositories.length} repositories of ${subject} are none: ${invalid.map((one) => JSON.stringify(one)).join(", ")}`,
      hint: 'write "github.com/team/package" or "gitlab.com/team/package", with "@v1.2.0" for a version',
    });
  }
  return violations;
}
