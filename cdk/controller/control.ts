import { EMPTY_FOR_MS } from "../../lib/scheduling/plan-hosts.ts";
import { askedSince, both, HOSTS_ONLY } from "./asked.ts";
import type { Controller } from "./controller.ts";
import { Lease, LeaseLost } from "./lease.ts";
import { leaveHost } from "./leave-host.ts";
import { runPass } from "./pass.ts";
import { poolId } from "./pools.ts";
import type { ControllerPorts } from "./ports.ts";
import { ACTIVE, CONTROLLER, type HostRow, SWEEP } from "./rows.ts";

/** Why the controller was invoked. */
export type ControlRequest =
  /** Somebody waits for these pools of an app. */
  | { readonly kind: "wake"; readonly app: string; readonly pools: readonly string[] }
  /** A task or an instance has changed. */
  | { readonly kind: "change"; readonly instanceId?: string }
  /** EC2 takes back a spot instance two minutes from now. */
  | { readonly kind: "interruption"; readonly instanceId: string }
  | { readonly kind: "sweep" };

/** What an invocation came to. */
export interface Outcome {
  /**
   * `left`: another invocation plans, and will do this as well. `fenced`: another has taken over. `foreign`: it was
   * about an instance that is no host.
   */
  readonly end: "done" | "left" | "fenced" | "foreign" | "out of time";
  readonly passes: number;
}

/** An invocation of two minutes stops here, with time for what it has begun. */
const TIME_MS = 90_000;
/** How soon a wake is seen while a closing host is watched. */
const SLICE_MS = 1000;

/** Plans until nothing new was asked for. Safe to be run many times at once: only one of them decides. */
export async function control(request: ControlRequest, controller: Controller): Promise<Outcome> {
  const { ports } = controller;
  const isAboutInstance = request.kind === "change" || request.kind === "interruption";
  if (isAboutInstance && !(await isOurs(request.instanceId, ports))) {
    return { end: "foreign", passes: 0 };
  }
  // Whoever plans meanwhile finds a host that drains.
  if (request.kind === "interruption") await leaveHost(request.instanceId, controller);
  const pools =
    request.kind === "wake" ? request.pools.map((pool) => poolId(request.app, pool)) : [];
  const pending = { wake: pools, change: [ACTIVE], interruption: [ACTIVE], sweep: [SWEEP] };
  const lease = await Lease.wake(ports, { pending: pending[request.kind], woken: pools });
  if (lease === undefined) return { end: "left", passes: 0 };
  try {
    return await planUntilQuiet(lease, controller);
  } catch (error) {
    if (error instanceof LeaseLost) return { end: "fenced", passes: 0 };
    await lease.abandon().catch(() => {}); // Its time runs out all the same.
    throw error;
  }
}

/** EC2 tells of every instance of the account. */
async function isOurs(instanceId: string | undefined, { rows }: ControllerPorts): Promise<boolean> {
  if (instanceId === undefined) return true;
  const all = await rows.list<Partial<HostRow>>(CONTROLLER);
  return all.some(({ body }) => body.instanceId === instanceId);
}

async function planUntilQuiet(lease: Lease, controller: Controller): Promise<Outcome> {
  const { ports } = controller;
  const startedAt = ports.now();
  // Before the first plan everything is new, also what an invocation that died has left.
  let planned = 0;
  let asked = askedSince(lease.row, planned);
  for (let passes = 1; ; passes += 1) {
    planned = lease.row.wakeSeq;
    const { isUnsettled, isClosing, idleApps } = await runPass(asked, lease, controller);
    if (ports.now() - startedAt > TIME_MS) {
      await lease.abandon();
      return { end: "out of time", passes };
    }
    if (isUnsettled) {
      asked = both(asked, askedSince(lease.row, planned));
      continue;
    }
    if (isClosing) await waitUnlessWoken(lease, planned, controller);
    else if (await lease.release(planned, idleApps)) return { end: "done", passes };
    asked = (await lease.isWokenSince(planned)) ? askedSince(lease.row, planned) : HOSTS_ONLY;
  }
}

/** A host is seen empty twice; meanwhile whoever waits is served. */
async function waitUnlessWoken(
  lease: Lease,
  planned: number,
  { ports }: Controller,
): Promise<void> {
  for (let waited = 0; waited < EMPTY_FOR_MS; waited += SLICE_MS) {
    await ports.sleep(SLICE_MS);
    if (await lease.isWokenSince(planned)) return;
  }
}
