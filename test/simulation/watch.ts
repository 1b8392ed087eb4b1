import type { ControlRequest } from "../../cdk/controller/control.ts";
import { splitPoolId } from "../../cdk/controller/pools.ts";
import type { Purchase } from "../../cdk/controller/ports.ts";
import { CONTROLLER, HOST_PREFIX, type HostRow } from "../../cdk/controller/rows.ts";
import { openEnvelope } from "../../lib/aws/envelope.ts";
import { openFailedInputs } from "../../lib/aws/failed-inputs.ts";
import { blockKey } from "../../lib/aws/keys.ts";
import { openResults } from "../../lib/aws/page-text.ts";
import { type PoolRow, poolKey } from "../../lib/aws/pool-row.ts";
import type { RangeRow } from "../../lib/aws/range-row.ts";
import { decodePage } from "../../lib/codec/decode.ts";
import { MAX_CRASHES } from "../../lib/crashes.ts";
import { parseGpu } from "../../lib/gpu.ts";
import { callTime } from "../../lib/ids.ts";
import { toRequest } from "../../lib/messages.ts";
import type { HostPurpose } from "../../lib/scheduling/capacity-state.ts";
import { claimOn, marketsOf, roomOf, timesIn } from "../../lib/scheduling/fit.ts";
import { HOST_TYPES, hostType } from "../../lib/scheduling/host-types.ts";
import { quotaClass } from "../../lib/scheduling/rests.ts";
import type { FunctionSpec } from "../../lib/spec.ts";
import type { Call, Told } from "./caller.ts";
import type { Ec2Instance } from "./ec2.ts";
import type { EcsTask } from "./ecs.ts";
import { APP, DEAD_LETTERS, queueOf } from "./names.ts";
import type { Program } from "./program.ts";
import type { World } from "./world.ts";

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
/** A refusal is remembered for five minutes, by clocks that differ. */
const REST_MS = 305_000;
/** A dearer type than this many times the best one is no replacement for it. */
const MAX_FACTOR = 2;
/** Who has waited for so long without a container is told why. */
const TOLD_MS = 180_000;

/** Holds the system against what it promises, step by step. */
export class Watch {
  readonly #world: World;
  #first: Violation | undefined;
  /** When sweeps began that went through. */
  readonly #sweeps: number[] = [];
  /** Since when hosts have had no task. */
  readonly #emptySince: Map<Ec2Instance, number> = new Map();
  readonly #registeredAt: Map<Ec2Instance, number> = new Map();
  readonly #refused: Map<string, number> = new Map();
  /** When a message of a call that lives was last seen, by function. */
  readonly #liveAt: Map<string, number> = new Map();
  #open: Call[] = [];
  /** How long each input waited for its start. */
  readonly waits: number[] = [];
  readonly #started: Set<string> = new Set();
  /** Where each input runs that does. */
  readonly #runsIn: Map<string, Program> = new Map();
  /** Since when a function has had work and no container. */
  readonly #waitsSince: Map<string, number> = new Map();

  constructor(world: World) {
    this.#world = world;
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
    if (url.startsWith("queue/"))
      this.#liveAt.set(url.slice("queue/".length), this.#world.clock.now);
  }

  controlled({ kind }: ControlRequest, startedAt: number): void {
    if (kind === "sweep") this.#sweeps.push(startedAt);
  }

  refused({ type, market }: Purchase, code: string): void {
    const now = this.#world.clock.now;
    this.#refused.set(`${type} ${market}`, now);
    if (/Limit/.test(code)) this.#refused.set(`${quotaClass(type)} ${market}`, now);
  }

  bought(instance: Ec2Instance, { id, type, market }: Purchase): void {
    this.#emptySince.set(instance, this.#world.clock.now);
    const row = this.#hostRows().find((host) => host.id === id);
    const names = (row?.boughtFor ?? []).map(({ pool }) => splitPoolId(pool).pool);
    this.#violateIf(row === undefined, "a purchase is written down first", `${type} ${market}`);
    this.#violateIf(
      names.length > 0 && !names.some((name) => this.#isWanted(name)),
      "nothing is bought for work that was cancelled or is done",
      `${type} for ${names.join(", ")}`,
    );
    const usd = hostType(type)?.usdPerHour ?? Number.POSITIVE_INFINITY;
    this.#violateIf(usd > 10, "no host is dearer than the limit", `${type} costs $${usd}/h`);
    for (const name of names.slice(0, 1)) this.#checkOrder(name, { type, market });
    this.#checkPurchase(row?.boughtFor ?? [], type);
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
    const spec = this.#specOf(request.environment["WINDLASS_FUNCTION"] ?? "");
    const type = hostType(instance.type);
    const isOnGpu = type !== undefined && type.gpu !== null;
    const about = `${spec.name} on ${instance.type} ${instance.market}`;
    this.#violateIf(isOnGpu !== spec.gpu.length > 0, "hosts with GPUs run what needs GPUs", about);
    const isSpot = instance.market === "spot";
    const isRight = isSpot ? spec.spot !== "never" : spec.spot !== "require";
    this.#violateIf(!isRight, "spot instances run what may be interrupted", about);
    this.#checkMax(spec);
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
    for (const spec of this.#world.specs.values()) {
      if (this.#hasLiveMessage(spec.name)) this.#liveAt.set(spec.name, this.#world.clock.now);
      this.#checkMax(spec);
      this.#checkWait(spec);
    }
    for (const instance of this.#world.ec2.on) this.#checkHost(instance);
    this.#open = this.#open.filter((call) => {
      this.#checkTold(call);
      return call.isOpen;
    });
  }

  called(call: Call): void {
    this.#open.push(call);
  }

  /** Looks at what is left once all is quiet. */
  end(): void {
    const { calls, specs, ec2, ecs, sqs } = this.#world;
    for (const call of calls) {
      this.#violateIf(call.isOpen, "no call is lost", this.#describe(call));
      this.#checkTold(call);
      this.#checkStored(call);
    }
    this.#checkDeadLetters();
    for (const { name, minContainers } of specs.values()) {
      const count = this.#running(name).length;
      this.#violateIf(count < minContainers, "minContainers are restored", `${name} has ${count}`);
      const left = sqs.bodies(queueOf(name)).length;
      this.#violateIf(left > 0, "no message is left", `${left} for ${name}`);
    }
    const isKept = [...specs.values()].some(({ minContainers }) => minContainers > 0);
    const on = ec2.on.map(({ id, type }) => `${id} ${type}`).join(", ");
    this.#violateIf(!isKept && on !== "", "no host is left on", on);
    this.#violateIf(!isKept && ecs.tasks.length > 0, "no task is left", `${ecs.tasks.length}`);
    const rows = isKept ? 0 : this.#hostRows().length;
    this.#violateIf(rows > 0, "no row of a host is left", `${rows}`);
  }

  /** It is no dearer than it must be, and not bought while another boots for the same containers. */
  #checkPurchase(boughtFor: readonly HostPurpose[], type: string): void {
    const [first] = boughtFor;
    const bought = hostType(type);
    if (first === undefined || bought === undefined) return;
    const name = splitPoolId(first.pool).pool;
    const cheapest = HOST_TYPES.filter(({ gpu }) => gpu === bought.gpu).flatMap((one) => {
      const room = roomOf(one, {});
      const claim = claimOn(
        first.needs,
        { gpu: one.gpu, market: marketsOf(first.needs)[0] ?? "spot" },
        room,
      );
      return claim === undefined
        ? []
        : Math.ceil(first.count / timesIn(room, claim)) * one.usdPerHour;
    });
    const isDear = bought.usdPerHour > MAX_FACTOR * Math.min(...cheapest);
    this.#violateIf(
      isDear,
      "hosts are as cheap as can be",
      `${type} for ${first.count} of ${name}`,
    );
    const { maxContainers } = this.#specOf(name);
    const coming = this.#hostRows()
      .filter(({ arn }) => arn === null)
      .flatMap((host) => host.boughtFor)
      .filter(({ pool }) => pool === first.pool)
      .reduce((sum, { count }) => sum + count, 0);
    // A type that turns out to be smaller than expected holds fewer of them.
    const isExcused = this.#world.ec2.hasMisled;
    const isMore = maxContainers !== null && coming > maxContainers && !isExcused;
    this.#violateIf(
      isMore,
      "nothing is bought while the same boots",
      `${coming} of ${name} to come`,
    );
  }

  #checkMax({ name, maxContainers }: FunctionSpec): void {
    const count = this.#running(name).length;
    const isAbove = maxContainers !== null && count > maxContainers;
    this.#violateIf(isAbove, "never above maxContainers", `${name}: ${count}`);
  }

  /** Containers of a function that nobody has told to stop. */
  #running(name: string): readonly EcsTask[] {
    return this.#world.ecs.tasks.filter(
      ({ request, isTold }) => !isTold && request.environment["WINDLASS_FUNCTION"] === name,
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

  #checkWait({ name }: FunctionSpec): void {
    const { clock, table } = this.#world;
    const isServed = this.#running(name).length > 0;
    if (isServed || !this.#hasVisibleMessage(name)) this.#waitsSince.delete(name);
    else if (!this.#waitsSince.has(name)) this.#waitsSince.set(name, clock.now);
    const since = this.#waitsSince.get(name);
    if (since === undefined || clock.now - since < TOLD_MS) return;
    if (this.#sweeps.filter((at) => at > since + STALE_MS).length < 2) return;
    const { pk, sk } = poolKey(APP, name);
    const notice = table.list<PoolRow>(pk).find((row) => row.sk === sk)?.body;
    const isTold = notice !== undefined && notice.at > since && notice.notice !== "";
    this.#violateIf(!isTold, "every wait has a stated reason", name);
  }

  #hasVisibleMessage(name: string): boolean {
    return this.#isAnyLive(this.#world.sqs.visible(queueOf(name)));
  }

  #hasLiveMessage(name: string): boolean {
    return this.#isAnyLive(this.#world.sqs.bodies(queueOf(name)));
  }

  #isAnyLive(bodies: readonly string[]): boolean {
    return bodies.some((body) => {
      const { request } = openEnvelope(body).fields as { readonly request: readonly unknown[] };
      return !this.#world.isCancelled(toRequest(request).callId);
    });
  }

  #isWanted(name: string): boolean {
    const { minContainers } = this.#specOf(name);
    if (minContainers > 0 || this.#hasLiveMessage(name)) return true;
    const seenAt = this.#liveAt.get(name) ?? Number.NEGATIVE_INFINITY;
    return this.#world.clock.now - seenAt < STALE_MS;
  }

  /** What comes before in the order of offers has been refused. */
  #checkOrder(name: string, { type, market }: Pick<Purchase, "type" | "market">): void {
    const { gpu, spot } = this.#specOf(name);
    const bought = hostType(type)?.gpu ?? null;
    const about = `${type} ${market} for ${name} (${gpu.join(", ") || "no GPU"}, ${spot})`;
    if (spot === "prefer" && market === "on-demand") {
      const isRefused =
        this.#isRefused(`${type} spot`) || this.#isRefused(`${quotaClass(type)} spot`);
      this.#violateIf(!isRefused, "spot is asked for first where it is preferred", about);
    }
    const rank = gpu.findIndex((wish) => parseGpu(wish)?.kinds.includes(bought ?? "") === true);
    for (const wish of gpu.slice(0, Math.max(0, rank))) {
      const kinds = parseGpu(wish)?.kinds ?? [];
      const isRefused = [...this.#refused].some(([offer, at]) => {
        const refusedType = hostType(offer.split(" ")[0] ?? "")?.gpu ?? null;
        const isClass = /^(G and VT|P) /.test(offer);
        const isOf = isClass || (refusedType !== null && kinds.includes(refusedType));
        return isOf && this.#world.clock.now - at < REST_MS;
      });
      this.#violateIf(!isRefused, "GPUs are asked for in their order", `${about}, before ${wish}`);
    }
  }

  #isRefused(offer: string): boolean {
    return this.#world.clock.now - (this.#refused.get(offer) ?? Number.NEGATIVE_INFINITY) < REST_MS;
  }

  #checkTold(call: Call): void {
    for (const [index, told] of call.told.entries()) {
      this.#violateIf(told.length > 1, "no result is doubled", `${this.#describe(call)} ${index}`);
      const [first] = told;
      const { blows } = this.#world;
      if (first !== undefined && !isRight(first, { call, index, blows })) {
        const what = `${this.#describe(call)} ${index}: ${JSON.stringify(first)}`;
        this.#violateIf(true, "results are right", what);
      }
    }
  }

  /** What was told is what the table says, and the table says one thing. */
  #checkStored(call: Call): void {
    const stored = this.#stored(call);
    for (const [index, values] of stored) {
      const about = `${this.#describe(call)} ${index}: ${values.join(" and ")}`;
      this.#violateIf(values.length > 1, "no result is stored twice", about);
      const [told] = call.told[index] ?? [];
      if (told === undefined || !("value" in told)) continue;
      this.#violateIf(told.value !== values[0], "what is told is what is stored", about);
    }
  }

  /** Inputs that failed for good are in the dead-letter queue, and no others. */
  #checkDeadLetters(): void {
    const entries = new Set<string>();
    for (const body of this.#world.sqs.bodies(DEAD_LETTERS)) {
      const { request, start, end } = openFailedInputs(body);
      for (let index = start; index < end; index += 1) entries.add(`${request.callId}.${index}`);
    }
    // What was cancelled is nobody's to mend.
    for (const call of this.#world.calls.filter(({ isCancelled }) => !isCancelled)) {
      for (const [index, [stored]] of this.#stored(call)) {
        const isThere = entries.has(`${call.id}.${index}`);
        const about = `${this.#describe(call)} ${index}: ${stored}`;
        this.#violateIf(isThere !== (stored === "failed"), "what failed is a dead letter", about);
      }
    }
  }

  /** What the table has of each input: its value, `failed` or `cancelled`. */
  #stored(call: Call): ReadonlyMap<number, readonly string[]> {
    const rows = this.#world.table.list<RangeRow>(blockKey(APP, call.id, 0));
    const stored = new Map<number, string[]>();
    for (const results of rows.flatMap(({ body }) => body.results)) {
      if (!("text" in results)) continue;
      const { start, values, failures = [] } = openResults(results.text);
      const texts = decodePage(values) as string[];
      for (const { index, kind } of failures) {
        texts[index - start] = kind === "cancelled" ? kind : "failed";
      }
      for (const [offset, text] of texts.entries()) {
        stored.set(start + offset, [...(stored.get(start + offset) ?? []), text]);
      }
    }
    return stored;
  }

  #specOf(name: string): FunctionSpec {
    const spec = this.#world.specs.get(name);
    if (spec === undefined) throw new Error(`no function "${name}"`);
    return spec;
  }

  #hostRows(): (HostRow & { readonly id: string })[] {
    return this.#world.table
      .list<HostRow>(CONTROLLER)
      .filter(({ sk }) => sk.startsWith(HOST_PREFIX))
      .map(({ sk, body }) => ({ ...body, id: sk.slice(HOST_PREFIX.length) }));
  }

  #describe({ id, step, told }: Call): string {
    const open = told.filter((all) => all.length === 0).length;
    return `${step.fn} ${id} (${step.inputs.length} inputs, ${open} open)`;
  }

  #violateIf(isBroken: boolean, invariant: string, detail: string): void {
    if (isBroken) this.#violate(invariant, detail);
  }

  #violate(invariant: string, detail: string): void {
    const { clock } = this.#world;
    this.#first ??= { atMs: clock.now - clock.startedAt, invariant, detail };
  }
}

/** Whether an input may have come to this. */
function isRight(
  told: Told,
  {
    call: { step, isCancelled },
    index,
    blows,
  }: { readonly call: Call; readonly index: number; readonly blows: number },
): boolean {
  const does = step.inputs[index]?.does;
  if ("value" in told) return does === "answers" && told.value.startsWith(`${index} by `);
  // Its caller was told at once that AWS did not take it.
  if (told.failed === "startup") return told.code === "WINDLASS_AWS_THROTTLED";
  if (told.failed === "cancelled") return isCancelled;
  // Whoever runs alone for long is taken to be the cause of what hits its host.
  if (told.failed === "crashed" && blows >= MAX_CRASHES) return true;
  if (does === "fails") return told.failed === "error";
  if (does === "hangs") return told.failed === "timeout";
  return told.failed === "crashed" && (does === "kills-runner" || does === "kills-container");
}
