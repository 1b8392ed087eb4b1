import type { StoredData } from "../../lib/aws/deploy/stored-data.ts";
import { sizeText } from "../../lib/plan/idle-cost.ts";

/** What to tell of a removal: what stays, and what that costs. */
export function describeRemoval(removed: {
  readonly app: string | undefined;
  readonly environment: string;
  readonly left: readonly StoredData[];
  readonly seconds: string;
  readonly isAll: boolean;
}): string {
  const { app, environment, left, seconds, isAll } = removed;
  const what =
    app === undefined ? `environment ${environment}` : `${app} from environment ${environment}`;
  const first = `Removed ${what}, ${seconds}\n`;
  if (left.length === 0) return isAll ? `${first}Nothing of it is left.\n` : first;
  const total = left.reduce((sum, { usdPerMonth }) => sum + usdPerMonth, 0);
  const lines = left.map(
    ({ name, bytes, usdPerMonth }) => `  ${name}  ${sizeText(bytes)}  ${priceOf(usdPerMonth)}`,
  );
  const command =
    app === undefined
      ? left.map(commandFor).join(" && ")
      : `npx windlass destroy ${app}${environment === "default" ? "" : ` --environment ${environment}`} --delete-data`;
  return [
    `${first}What stays costs ${priceOf(total)} a month at list price:`,
    ...lines,
    `Remove it as well: ${command}`,
    "",
  ].join("\n");
}

/** Once an environment is gone, nothing knows its table, bucket and file system but these lines. */
function commandFor({ kind, name }: StoredData): string {
  if (kind === "objects") return `aws s3 rb --force ${name}`;
  if (kind === "rows") return `aws dynamodb delete-table --table-name ${name}`;
  if (kind === "files") return `aws efs delete-file-system --file-system-id ${name}`;
  return `aws logs delete-log-group --log-group-name ${name}`;
}

function priceOf(usd: number): string {
  return usd > 0 && usd < 0.01 ? "below $0.01" : `$${usd.toFixed(2)}`;
}
