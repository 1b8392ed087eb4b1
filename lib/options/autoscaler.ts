import type { AutoscalerSettings } from "../backend.ts";
import { checkPart } from "./check-variant.ts";

const NAMES = [
  "minContainers",
  "maxContainers",
  "bufferContainers",
  "scaledownWindowSeconds",
] as const satisfies readonly (keyof AutoscalerSettings)[];

/** Checks what `updateAutoscaler` was given by the rules of definitions. @throws InvalidError */
export function checkAutoscaler(subject: string, settings: unknown): void {
  checkPart(`updateAutoscaler() of ${subject}`, { names: NAMES, options: settings });
}
