import type { ControlRequest } from "../../cdk/controller/control.ts";
import { splitPoolId } from "../../cdk/controller/pools.ts";
import type { Purchase } from "../../cdk/controller/ports.ts";
import { openEnvelope } from "../../lib/aws/envelope.ts";
import { type PoolRow, poolKey } from "../../lib/aws/pool-row.ts";
import type { RangeRow } from "../../lib/aws/range-row.ts";
import { callTime } from "../../lib/ids.ts";
import { toRequest } from "../../lib/messages.ts";
import { hostType } from "../../lib/scheduling/host-types.ts";
import type { Call } from "./caller.ts";
import type { Ec2Instance } from "./ec2.ts";
import type { EcsTask } from "./ecs.ts";
import { APP } from "./names.ts";
import type { Program } from "./program.ts";
import { PurchasesWatch } from "./watch-purchases.ts";
import { describe, ResultsWatch } from "./watch-results.ts";
import type { Pool, World } from "./world.ts";

/** What must never be, and was. */
export interface Violation {
  readonly atMs: number;
  readonly invariant: string;
  readonly detail: string;
}

/** An empty host is kept for this long by the policy. */
const HOST_WINDOW_MS = 45_000;
/** One sweep sees that a host is empty, the next one closes it, and by the end of a third it is gone. */
const SWEEPS = 3;
/** Whatever the controller does: the unit on the host ends it by then. */
const HOST_LIMIT_MS = 420_000;
/** A host that does not join its cluster is given up after ten minutes. */
const BOOT_LIMIT_MS = 600_000;
/** Counts may be a minute old, and a pass takes a while. */
const STALE_MS = 90_000;
/** Clocks of two machines differ by this much at most, and what one has asked for is under way for a while. */
const SKEW_MS = 5000;
/** Who has waited for so long without a container is told why. */
const TOLD_MS = 180_000;

export type ViolateIf = (isBroken: boolean, invariant: string, detail: string) => void;

/** Holds the system against what it promises, step by step. */
export class Watch {
  readonly #world: World;
  #first: Violation | undefined;
  /** When sweeps began that went through. */
  readonly #sweeps: number[] = [];
  /** Since when hosts have had no task. */
  readonly #emptySince: Map<Ec2Instance, number> = new Map();
  readonly #registeredAt: Map<Ec2Instance, number> = new Map();
  /** When a message of a call that lives was last seen, by pool. */
  readonly #liveAt: Map<string, number> = new Map();
  readonly #callIds: Map<string, string> = new Map();
  #open: Call[] = [];
  /** How long each input waited for its start. */
  readonly waits: number[] = [];
  readonly #started: Set<string> = new Set();
  /** Where each input runs that does. */
  readonly #runsIn: Map<string, Program> = new Map();
  /** Since when a pool has had work and no container. */
  readonly #waitsSince: Map<string, number> = new Map();
  readonly #purchases: PurchasesWatch;
  readonly #results: ResultsWatch;

  constructor(world: World) {
    const violateIf: ViolateIf = (...told) => this.#violateIf(...told);
    this.#world = world;
    this.#purchases = new PurchasesWatch(world, violateIf);
    this.#results = new ResultsWatch(world, violateIf);
  }

  get violation(): Violation | undefined {
    return this.#first;
  }

  unexpected(error: unknown): void {
    this.#violate(
      "nothing fails unexpectedly",
      String(error instanceof Error ? error.stack : error),
    );
  }

  sent(url: string): void {
    const pool = this.#world.pools.find((one) => one.url === url);
    if (pool !== undefined) this.#liveAt.set(pool.key, this.#world.clock.now);
  }

  controlled({ kind }: ControlRequest, startedAt: number): void {
    if (kind === "sweep") this.#sweeps.push(startedAt);
  }

  refused(purchase: Purchase, code: string): void {
    this.#purchases.refused(purchase, code);
  }

  bought(instance: Ec2Instance, { id, type, market }: Purchase): void {
    this.#emptySince.set(instance, this.#world.clock.now);
    const rows = this.#world.hostRows;
    const row = rows.find((host) => host.id === id);
    const names = (row?.boughtFor ?? []).map(({ pool }) => splitPoolId(pool).pool);
    this.#violateIf(row === undefined, "a purchase is written down first", `${type} ${market}`);
    this.#violateIf(
      names.length > 0 && !names.some((name) => this.#isWanted(name)),
      "nothing is bought for work that was cancelled or is done",
      `${type} for ${names.join(", ")}`,
    );
    if (row !== undefined) this.#purchases.check(row, rows);
  }

  /** An input has begun to run in a container. */
  ran(program: Program, callId: string, index: number): void {
    const key = `${callId}.${index}`;
    if (!this.#started.has(key)) {
      this.#started.add(key);
      this.waits.push(this.#world.clock.now - (callTime(callId) ?? 0));
    }
    const before = this.#runsIn.get(key);
    this.#runsIn.set(key, program);
    const isElsewhere = before !== undefined && before !== program && before.isAlive;
    const isExcused = before?.isLeaving === true || this.#world.sqs.hasDoubled;
    this.#violateIf(isElsewhere && !isExcused, "an input runs in one place at a time", key);
  }

  /** It has ended, well or not. */
  left(callId: string, index: number): void {
    this.#runsIn.delete(`${callId}.${index}`);
  }

  placed({ request, instance }: EcsTask): void {
    const { WINDLASS_FUNCTION = "", WINDLASS_POOL = "" } = request.environment;
    const spec = this.#world.specOf(WINDLASS_FUNCTION);
    const type = hostType(instance.type);
    const isOnGpu = type !== undefined && type.gpu !== null;
    const about = `${spec.name} on ${instance.type} ${instance.market}`;
    this.#violateIf(isOnGpu !== spec.gpu.length > 0, "hosts with GPUs run what needs GPUs", about);
    const isSpot = instance.market === "spot";
    const isRight = isSpot ? spec.spot !== "never" : spec.spot !== "require";
    this.#violateIf(!isRight, "spot instances run what may be interrupted", about);
    const architecture = type?.architecture;
    const fits = architecture === spec.architecture;
    this.#violateIf(!fits, "images run on the processor they are for", about);
    this.#checkMax({ key: WINDLASS_POOL, spec });
  }

  /** A row was written; those of ranges belong to whoever has their lease. */
  wrote(pk: string, before: unknown, after: unknown): void {
    if (!pk.startsWith(`${APP}#call#`) || before === undefined) return;
    const [was, is] = [before as Partial<RangeRow>, after as Partial<RangeRow>];
    const isTaken = is.owner !== "" && was.owner !== "" && is.owner !== was.owner;
    const isHeld = (was.leaseUntil ?? 0) > this.#world.clock.now + SKEW_MS;
    this.#violateIf(isTaken && isHeld, "who holds a range keeps it", `${pk}: ${was.owner}`);
  }

  stopped({ instance }: EcsTask): void {
    this.#emptySince.set(instance, this.#world.clock.now);
  }

  /** Looks at everything; called every few seconds. */
  look(): void {
    for (const pool of this.#world.pools) {
      if (this.#isAnyLive(this.#world.sqs.bodies(pool.url))) {
        this.#liveAt.set(pool.key, this.#world.clock.now);
      }
      this.#checkMax(pool);
      this.#checkWait(pool);
    }
    for (const instance of this.#world.ec2.on) this.#checkHost(instance);
    this.#open = this.#open.filter((call) => {
      this.#results.checkTold(call);
      return call.isOpen;
    });
  }

  called(call: Call): void {
    this.#open.push(call);
  }

  /** Looks at what is left once all is quiet. */
  end(): void {
    const { calls, pools, ec2, ecs, sqs } = this.#world;
    for (const call of calls) {
      this.#violateIf(call.isOpen, "no call is lost", describe(call));
      this.#results.checkTold(call);
      this.#results.checkStored(call);
    }
    this.#results.checkDeadLetters();
    for (const { key, url, spec } of pools) {
      const { minContainers } = spec;
      const count = this.#running(key).length;
      this.#violateIf(count < minContainers, "minContainers are restored", `${key} has ${count}`);
      const left = sqs.bodies(url).length;
      this.#violateIf(left > 0, "no message is left", `${left} for ${key}`);
    }
    const isKept = pools.some(({ spec }) => spec.minContainers > 0);
    const on = ec2.on.map(({ id, type }) => `${id} ${type}`).join(", ");
    this.#violateIf(!isKept && on !== "", "no host is left on", on);
    this.#violateIf(!isKept && ecs.tasks.length > 0, "no task is left", `${ecs.tasks.length}`);
    const rows = isKept ? 0 : this.#world.hostRows.length;
    this.#violateIf(rows > 0, "no row of a host is left", `${rows}`);
  }

  #checkMax({ key, spec: { maxContainers } }: Pick<Pool, "key" | "spec">): void {
    const count = this.#running(key).length;
    const isAbove = maxContainers !== null && count > maxContainers;
    this.#violateIf(isAbove, "never above maxContainers", `${key}: ${count}`);
  }

  /** Containers of a pool that nobody has told to stop. */
  #running(key: string): readonly EcsTask[] {
    return this.#world.ecs.tasks.filter(
      ({ request, isTold }) => !isTold && request.environment["WINDLASS_POOL"] === key,
    );
  }

  #checkHost(instance: Ec2Instance): void {
    const { clock, ecs } = this.#world;
    const isRegistered = ecs.isRegistered(instance);
    if (isRegistered && !this.#registeredAt.has(instance)) {
      this.#registeredAt.set(instance, clock.now);
    }
    if (ecs.tasksOn(instance).length > 0) this.#emptySince.set(instance, clock.now);
    const emptySince = this.#emptySince.get(instance) ?? clock.now;
    const since = Math.max(emptySince, this.#registeredAt.get(instance) ?? 0);
    const from = isRegistered ? since + HOST_WINDOW_MS : instance.launchedAt + BOOT_LIMIT_MS;
    const limit = isRegistered ? since + HOST_LIMIT_MS : from + HOST_LIMIT_MS;
    const sweeps = this.#sweeps.filter((at) => at > from).length;
    const about = `${instance.id} ${instance.type}, ${Math.round((clock.now - since) / 1000)} s`;
    this.#violateIf(sweeps >= SWEEPS || clock.now > limit, "no host is on without purpose", about);
  }

  #checkWait({ key, url }: Pool): void {
    const { clock, table, sqs } = this.#world;
    const isServed = this.#running(key).length > 0;
    if (isServed || !this.#isAnyLive(sqs.visible(url))) this.#waitsSince.delete(key);
    else if (!this.#waitsSince.has(key)) this.#waitsSince.set(key, clock.now);
    const since = this.#waitsSince.get(key);
    if (since === undefined || clock.now - since < TOLD_MS) return;
    if (this.#sweeps.filter((at) => at > since + STALE_MS).length < 2) return;
    const { pk, sk } = poolKey(APP, key);
    const notice = table.list<PoolRow>(pk).find((row) => row.sk === sk)?.body;
    const isTold = notice !== undefined && notice.at > since && notice.notice !== "";
    this.#violateIf(!isTold, "every wait has a stated reason", key);
  }

  #isAnyLive(bodies: readonly string[]): boolean {
    return bodies.some((body) => !this.#world.isCancelled(this.#callIdOf(body)));
  }

  /** Of what call a message is, which is looked at every few seconds. */
  #callIdOf(body: string): string {
    const known = this.#callIds.get(body);
    if (known !== undefined) return known;
    const { request } = openEnvelope(body).fields as { readonly request: readonly unknown[] };
    const { callId } = toRequest(request);
    this.#callIds.set(body, callId);
    return callId;
  }

  #isWanted(key: string): boolean {
    const pool = this.#world.pools.find((one) => one.key === key);
    if (pool === undefined) return false;
    if (pool.spec.minContainers > 0 || this.#isAnyLive(this.#world.sqs.bodies(pool.url)))
      return true;
    const seenAt = this.#liveAt.get(key) ?? Number.NEGATIVE_INFINITY;
    return this.#world.clock.now - seenAt < STALE_MS;
  }

  #violateIf(isBroken: boolean, invariant: string, detail: string): void {
    if (isBroken) this.#violate(invariant, detail);
  }

  #violate(invariant: string, detail: string): void {
    const { clock } = this.#world;
    this.#first ??= { atMs: clock.now - clock.startedAt, invariant, detail };
  }
}
