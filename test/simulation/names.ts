/** The app of the simulation. */
export const APP = "media";

/** The input queue of a function. */
export function queueOf(name: string): string {
  return `queue/${name}`;
}
