import type { RowWrite } from "../../lib/aws/rows.ts";
import type { HostPurpose } from "../../lib/scheduling/capacity-state.ts";
import { HOST_TYPES, type HostType } from "../../lib/scheduling/host-types.ts";
import { attempt } from "./attempt.ts";
import type { Controller } from "./controller.ts";
import { changeHost } from "./host-changes.ts";
import type { Lease } from "./lease.ts";
import type { Refusal } from "./ports.ts";
import { type HostRow, hostKey, type OffersRow } from "./rows.ts";
import type { KnownHost } from "./world.ts";

/** A type that was refused is not asked for again before this. */
const REST_MS = 300_000;
/** A missing permission is mended by hand, and then nobody wants to wait. */
const PERMISSION_REST_MS = 60_000;
/** The rest is bought by the next pass, which follows at once. */
const MAX_AT_ONCE = 10;

export interface PurchaseResult {
  /** Types that must not be asked for now. */
  readonly resting: OffersRow["resting"];
  /** Some of it was not asked for yet. */
  readonly hasMore: boolean;
}

/** Buys hosts: first each is written down, then it is bought under the id that it was written down with. */
export async function buyHosts(
  wanted: readonly { readonly type: HostType; readonly boughtFor: readonly HostPurpose[] }[],
  lease: Lease,
  controller: Controller,
): Promise<PurchaseResult> {
  const { ports } = controller;
  const part = wanted.slice(0, MAX_AT_ONCE).map(({ type, boughtFor }): KnownHost => {
    const row: HostRow = {
      type: type.name,
      boughtAt: ports.now(),
      boughtFor,
      instanceId: null,
      arn: null,
      idleSince: null,
      closingAt: null,
      emptyAt: null,
    };
    return { id: ports.createId(), row, version: 1, seen: undefined };
  });
  if (part.length > 0) {
    const writes = part.map(
      ({ id, row }): RowWrite => ({ kind: "put", key: hostKey(id), body: row, expected: 0 }),
    );
    await lease.commit(writes);
  }
  const resting = await Promise.all(
    part.map((host) =>
      attempt({ at: "buy-host", host: host.id }, () => buyHost(host, controller), ports),
    ),
  );
  return { resting: Object.assign({}, ...resting), hasMore: wanted.length > MAX_AT_ONCE };
}

/** Buys a host that is written down, or asks again whether it was bought. Answers the types that now rest. */
export async function buyHost(
  host: KnownHost,
  controller: Controller,
): Promise<OffersRow["resting"]> {
  const { ports } = controller;
  const type = HOST_TYPES.find(({ name }) => name === host.row.type);
  const answer = await ports.fleet.buy({
    id: host.id,
    type: host.row.type,
    hasGpus: type !== undefined && type.gpu !== null,
  });
  if (answer.kind === "bought") {
    ports.log({
      event: "host-bought",
      host: host.id,
      type: host.row.type,
      instance: answer.instanceId,
      usdPerHour: type?.usdPerHour,
    });
    await changeHost(host, { instanceId: answer.instanceId }, controller);
    return {};
  }
  ports.log({ event: "host-refused", host: host.id, type: host.row.type, why: answer.refusals });
  await ports.rows.delete(hostKey(host.id));
  return restsAfter(host.row.type, answer.refusals, ports.now());
}

/** Which types to leave alone after a refusal: this one, all that share its quota, or all. */
function restsAfter(type: string, refusals: readonly Refusal[], now: number): OffersRow["resting"] {
  const told =
    refusals.find(({ code }) => isPermission(code)) ?? refusals.find(isQuota) ?? refusals[0];
  const { code = "no reason", message = "" } = told ?? {};
  if (isPermission(code)) {
    const reason = `AWS refuses to let the controller buy hosts: ${code}: ${message}`;
    return rest(HOST_TYPES, { until: now + PERMISSION_REST_MS, reason });
  }
  const until = now + REST_MS;
  if (told !== undefined && isQuota(told)) {
    const quota = quotaOf(type);
    const reason = `the account's EC2 quota "${quota}" leaves no room for ${type} (${code}): ask AWS for more`;
    return rest(
      HOST_TYPES.filter(({ name }) => quotaOf(name) === quota),
      { until, reason },
    );
  }
  const reason = `EC2 has no ${type} in any zone of this environment (${code})`;
  return { [type]: { until, reason } };
}

function rest(
  types: readonly HostType[],
  until: { readonly until: number; readonly reason: string },
): OffersRow["resting"] {
  return Object.fromEntries(types.map(({ name }) => [name, until]));
}

function isPermission(code: string): boolean {
  return /^(UnauthorizedOperation|AccessDenied|AccessDeniedException)$/.test(code);
}

function isQuota({ code }: Refusal): boolean {
  return /^(VcpuLimitExceeded|MaxSpotInstanceCountExceeded|InstanceLimitExceeded)$/.test(code);
}

/** EC2 counts vCPUs by class of instance. */
function quotaOf(type: string): string {
  if (/^gr?\d/.test(type)) return "Running On-Demand G and VT instances";
  if (/^p\d/.test(type)) return "Running On-Demand P instances";
  return "Running On-Demand Standard instances";
}
