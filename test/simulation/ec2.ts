import type { Fleet, Purchase, PurchaseAnswer } from "../../cdk/controller/ports.ts";
import type { Market, Room } from "../../lib/scheduling/fit.ts";
import { hostType } from "../../lib/scheduling/host-types.ts";
import { quotaClass } from "../../lib/scheduling/rests.ts";
import type { Program, Surroundings } from "./program.ts";

export interface Ec2Instance {
  readonly id: string;
  readonly purchase: string;
  readonly type: string;
  readonly market: Market;
  readonly launchedAt: number;
  readonly registers: Room;
  endedAt: number | undefined;
  /** EC2 has said that it takes it back. */
  isGoing: boolean;
}

interface Refusing {
  readonly scope: string;
  readonly code: string;
  readonly until: number;
}

export interface Ec2Events {
  bought(instance: Ec2Instance, purchase: Purchase): void;
  refused(purchase: Purchase, code: string): void;
  booted(instance: Ec2Instance): void;
  warned(instance: Ec2Instance): void;
  ended(instance: Ec2Instance): void;
}

const ZONES = ["us-east-1a", "us-east-1b"];
const BOOT_MS = 40_000;
const MORE_BOOT_MS = 25_000;
const SLOW_BOOT_MS = 280_000;
/** EC2 says two minutes before that it takes a spot instance back. */
const WARNING_MS = 120_000;
/** A new instance is not described at once. */
const UNSEEN_MS = 4000;

/** EC2: sells hosts where it has any, boots them, and takes spot instances back. */
export class Ec2 {
  readonly #around: Surroundings;
  readonly #events: Ec2Events;
  readonly instances: Ec2Instance[] = [];
  readonly #byToken: Map<string, Ec2Instance> = new Map();
  #refusing: Refusing[] = [];
  #boots: ("never" | "slowly" | "small")[] = [];
  /** Some host has registered with far less than its type has. */
  hasMisled = false;

  constructor(around: Surroundings, events: Ec2Events) {
    this.#around = around;
    this.#events = events;
  }

  get on(): readonly Ec2Instance[] {
    return this.instances.filter(({ endedAt }) => endedAt === undefined);
  }

  refuse(scope: string, code: string, forMs: number): void {
    this.#refusing.push({ scope, code, until: this.#around.clock.now + forMs });
  }

  /** How the next host boots. */
  spoil(how: "never" | "slowly" | "small"): void {
    this.#boots.push(how);
  }

  heal(): void {
    this.#refusing = [];
    this.#boots = [];
  }

  /** Takes a spot instance back. */
  interrupt(instance: Ec2Instance): void {
    instance.isGoing = true;
    this.#events.warned(instance);
    this.#around.clock.after(WARNING_MS, () => this.end(instance));
  }

  end(instance: Ec2Instance): void {
    if (instance.endedAt !== undefined) return;
    instance.endedAt = this.#around.clock.now;
    this.#events.ended(instance);
  }

  fleet(program: Program): Fleet {
    return {
      buy: (purchase) => program.ask("fleet.buy", () => this.#buy(purchase)),
      instances: () =>
        program.ask("fleet.instances", () => {
          const seen = this.#around.clock.now - UNSEEN_MS;
          return this.on.filter(({ launchedAt }) => launchedAt <= seen);
        }),
      terminate: (ids) =>
        program.ask("fleet.terminate", () => {
          for (const instance of this.on) if (ids.includes(instance.id)) this.end(instance);
        }),
    };
  }

  #buy(purchase: Purchase): PurchaseAnswer {
    const { id, type, market } = purchase;
    const known = this.#byToken.get(id);
    if (known !== undefined) return { kind: "bought", instanceId: known.id };
    const code = this.#refusalOf(type, market);
    if (code !== undefined) {
      this.#events.refused(purchase, code);
      return { kind: "refused", refusals: ZONES.map((zone) => ({ code, message: "", zone })) };
    }
    const { clock, random } = this.#around;
    const boot = this.#boots.shift();
    this.hasMisled ||= boot === "small";
    const instance: Ec2Instance = {
      id: `i-${this.instances.length + 1}`,
      ...{ purchase: id, type, market, launchedAt: clock.now },
      registers: registered(type, boot === "small"),
      endedAt: undefined,
      isGoing: false,
    };
    this.instances.push(instance);
    this.#byToken.set(id, instance);
    this.#events.bought(instance, purchase);
    const bootMs = BOOT_MS + random.next() * MORE_BOOT_MS + (boot === "slowly" ? SLOW_BOOT_MS : 0);
    if (boot !== "never") clock.after(bootMs, () => this.#booted(instance));
    return { kind: "bought", instanceId: instance.id };
  }

  #booted(instance: Ec2Instance): void {
    if (instance.endedAt === undefined) this.#events.booted(instance);
  }

  #refusalOf(type: string, market: Market): string | undefined {
    const now = this.#around.clock.now;
    const scopes = [`${type} ${market}`, type, market, "*", `${quotaClass(type)} ${market}`];
    return this.#refusing.find(({ scope, until }) => until > now && scopes.includes(scope))?.code;
  }
}

/** What ECS gets to see of a host: a little less than the price list says, or far less. */
function registered(name: string, isSmall: boolean): Room {
  const type = hostType(name);
  if (type === undefined) throw new Error(`the controller bought ${name}, which nobody sells`);
  const share = isSmall ? 0.3 : 0.955;
  return {
    cpu: type.vcpus * 1024,
    memoryMiB: Math.floor(type.memoryMiB * share) - 400,
    gpus: isSmall ? Math.floor(type.gpus / 2) : type.gpus,
  };
}
