import type { AutoscalerSettings } from "../backend.ts";
import type { FunctionSpec } from "../spec.ts";

/** A function with what `updateAutoscaler` has set for its containers. */
export function scaledSpec(spec: FunctionSpec, settings: AutoscalerSettings = {}): FunctionSpec {
  return {
    ...spec,
    minContainers: settings.minContainers ?? spec.minContainers,
    maxContainers: settings.maxContainers ?? spec.maxContainers,
    bufferContainers: settings.bufferContainers ?? spec.bufferContainers,
    scaledownWindowSeconds: settings.scaledownWindowSeconds ?? spec.scaledownWindowSeconds,
  };
}
