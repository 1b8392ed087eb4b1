/** The app of the simulation. */
export const APP = "media";
/** Its dead-letter queue. */
export const DEAD_LETTERS = "dead";

/** The input queue of a function. */
export function queueOf(name: string): string {
  return `queue/${name}`;
}
