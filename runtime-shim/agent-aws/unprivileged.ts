import { readFileSync } from "node:fs";

/** CAP_SYS_ADMIN among the capabilities of a process [capabilities(7)]. */
const SYS_ADMIN: bigint = 1n << 21n;

interface Program {
  readonly command: string;
  readonly args: readonly string[];
}

/** A program as it is started for user code: this one may have to mount buckets, that one must not. */
export function unprivileged({ command, args }: Program): Program {
  if (!mayMount()) return { command, args };
  const dropped = ["--bounding-set=-sys_admin", "--inh-caps=-sys_admin"];
  return { command: "setpriv", args: [...dropped, "--", command, ...args] };
}

/** Only containers of functions with buckets may. */
function mayMount(): boolean {
  try {
    const [, capabilities = "0"] =
      /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    return (BigInt(`0x${capabilities}`) & SYS_ADMIN) !== 0n;
  } catch {
    return false;
  }
}
