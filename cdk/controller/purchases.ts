import type { RowWrite } from "../../lib/aws/rows.ts";
import type { CapacityAction } from "../../lib/scheduling/capacity-state.ts";
import { type HostType, hostType } from "../../lib/scheduling/host-types.ts";
import type { Rests } from "../../lib/scheduling/rests.ts";
import { attempt } from "./attempt.ts";
import type { Controller } from "./controller.ts";
import { changeHost } from "./host-changes.ts";
import type { Lease } from "./lease.ts";
import { restsAfter } from "./refusals.ts";
import { type HostRow, hostKey } from "./rows.ts";
import { tellExhausted } from "./tell-events.ts";
import type { KnownHost } from "./world.ts";

/** EC2 takes 50 such requests and then five a second. The rest is bought by the next pass, which follows at once. */
const MAX_AT_ONCE = 20;

/** What EC2 refused to sell. */
export interface Refused {
  /** What must not be asked for now. */
  readonly resting: Rests;
  /** Pools whose host was refused. */
  readonly refused: ReadonlySet<string>;
}

interface PurchaseResult extends Refused {
  /** Some of it was not asked for yet. */
  readonly hasMore: boolean;
}

type Wanted = Extract<CapacityAction, { readonly kind: "buy" }>;

/** Buys hosts: first each is written down, then it is bought under the id that it was written down with. */
export async function buyHosts(
  wanted: readonly Wanted[],
  lease: Lease,
  controller: Controller,
): Promise<PurchaseResult> {
  const { ports } = controller;
  const part = wanted.slice(0, MAX_AT_ONCE).map((one) => toHost(one, controller));
  if (part.length > 0) {
    const writes = part.map(
      ({ id, row }): RowWrite => ({ kind: "put", key: hostKey(id), body: row, expected: 0 }),
    );
    await lease.commit(writes);
  }
  const answers = await Promise.all(
    part.map(async (host) => {
      const buy = () => buyHost(host, controller);
      const rests = (await attempt({ at: "buy-host", host: host.id }, buy, ports)) ?? {};
      const isRefused = Object.keys(rests).length > 0;
      return { rests, refused: isRefused ? host.row.boughtFor.map(({ pool }) => pool) : [] };
    }),
  );
  return {
    resting: Object.assign({}, ...answers.map(({ rests }) => rests)),
    refused: new Set(answers.flatMap(({ refused }) => refused)),
    hasMore: wanted.length > MAX_AT_ONCE,
  };
}

function toHost({ type, market, trail, boughtFor }: Wanted, { ports }: Controller): KnownHost {
  const row: HostRow = {
    ...{ type: type.name, market, trail, boughtFor },
    boughtAt: ports.now(),
    instanceId: null,
    arn: null,
    idleSince: null,
    closingAt: null,
    emptyAt: null,
  };
  return { id: ports.createId(), row, version: 1, seen: undefined };
}

/** Buys a host that is written down, or asks again whether it was bought. Answers what now rests. */
export async function buyHost(host: KnownHost, controller: Controller): Promise<Rests> {
  const { ports } = controller;
  const { id, row } = host;
  const { type, market } = row;
  const known = hostType(type);
  const { gpu = null, architecture = "amd64" }: Partial<HostType> = known ?? {};
  const hasGpus = gpu !== null;
  const boughtAt = ports.now();
  const answer = await ports.fleet.buy({ id, type, market, architecture, hasGpus });
  const about = { host: id, type, market, usdPerHour: known?.usdPerHour };
  if (answer.kind === "bought") {
    ports.log({ event: "host-bought", ...about, instance: answer.instanceId });
    // Asked for again it may be minutes younger than the decision: EC2 does not list it yet.
    await changeHost(host, { instanceId: answer.instanceId, boughtAt }, controller);
    return {};
  }
  ports.log({ event: "host-refused", ...about, why: answer.refusals });
  const tell = () => tellExhausted(row, answer.refusals, controller);
  await attempt({ at: "tell-events", host: id }, tell, ports);
  await ports.rows.delete(hostKey(id));
  return restsAfter({ type, market }, answer.refusals, ports.now());
}
