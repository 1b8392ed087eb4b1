import { gpuText } from "../../lib/gpu.ts";
import type { FirstOffer } from "../../lib/scheduling/first-offers.ts";
import { priceText } from "../../lib/scheduling/prices.ts";

/** `embed: L4 on g6.xlarge, $0.82/h, spot first`: one line a function. */
export function gpuLines(offers: readonly FirstOffer[]): string[] {
  return offers.map((offer) => {
    const { gpu, gpus, instanceType, hostGpus, tooDear } = offer;
    const shared = hostGpus > gpus ? ` (${hostGpus} GPUs, shared)` : "";
    const over = tooDear.length === 0 ? "" : `, for ${tooDear.join(" and ")} costs too much`;
    return `${offer.function}: ${gpuText(gpu, gpus)} on ${instanceType}${shared}, ${priceOf(offer)}${over}`;
  });
}

function priceOf({ usdPerHour, spot }: FirstOffer): string {
  const price = priceText(usdPerHour);
  return { prefer: `${price}, spot first`, require: `spot only, up to ${price}`, never: price }[
    spot
  ];
}
