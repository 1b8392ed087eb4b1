import { type ChildProcess, spawn } from "node:child_process";
import type { Writable } from "node:stream";

/** Starts while the first child boots and this process has nothing to do. */
const START_AFTER_MS = 20;

// Reads "+ pid" and "- pid" until its input ends, which it does however the parent dies; then kills the rest.
const SCRIPT = `
pids=" "
while read -r op pid; do
  case $op in
    +) pids="$pids$pid " ;;
    -) pids="\${pids%% $pid *} \${pids#* $pid }" ;;
  esac
done
for pid in $pids; do kill -9 "$pid"; done
`;

const living: Set<ChildProcess> = new Set();
let input: Writable | undefined;
let isScheduled = false;

// A process that leaves without closing its engine ends its runners itself.
process.on("exit", () => {
  for (const child of living) child.kill("SIGKILL");
});

/**
 * Sees to it that a child does not outlive this process, even if this process is killed while the child
 * is in an endless loop and cannot notice.
 */
export function reap(child: ChildProcess): void {
  living.add(child);
  child.once("exit", () => {
    living.delete(child);
    if (child.pid !== undefined) tell(`- ${child.pid}`);
  });
  if (child.pid !== undefined) tell(`+ ${child.pid}`);
  if (isScheduled) return;
  isScheduled = true;
  setTimeout(start, START_AFTER_MS).unref();
}

function tell(line: string): void {
  input?.write(`${line}\n`);
}

function start(): void {
  if (living.size === 0) {
    isScheduled = false;
    return;
  }
  const reaper = spawn("/bin/sh", ["-c", SCRIPT], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  // Without it, a runner whose engine was killed ends when its event loop next turns.
  reaper.on("error", () => {});
  reaper.stdin.on("error", () => {});
  reaper.unref();
  (reaper.stdin as Writable & { unref?(): void }).unref?.();
  input = reaper.stdin;
  for (const child of living) if (child.pid !== undefined) tell(`+ ${child.pid}`);
}
