import { OTHER_ROWS } from "./other-rows.ts";

/** A semantic of Modal's that callers can see; section and column are those of the reference of its features. */
export interface Row {
  readonly id: string;
  readonly section: string;
  /** Whether it is core there: yes, partly, or beyond it. */
  readonly core: "Y" | "P" | "N";
  readonly says: string;
  /** The test of it, for what is no call of a running app. */
  readonly elsewhere?: { readonly file: string; readonly title: string };
  /** The feature that will bring it. */
  readonly pending?: string;
}

/** Rows that the cases of this suite are of. */
const CALL_ROWS = [
  {
    id: "functions.env",
    section: "1, 2",
    core: "P",
    says: "variables of app and function, the function's win",
  },
  { id: "functions.single-use", section: "2", core: "N", says: "one input per container" },
  { id: "calls.remote.returns", section: "3", core: "Y", says: "remote blocks and returns" },
  {
    id: "calls.values",
    section: "3",
    core: "Y",
    says: "arguments and results; what cannot be sent fails where it is",
  },
  { id: "calls.direct", section: "3", core: "P", says: "a handle is no function" },
  {
    id: "calls.map.order",
    section: "3",
    core: "Y",
    says: "ordered by default, else as they are done",
  },
  { id: "calls.map.lazy", section: "3", core: "Y", says: "nothing runs until consumed" },
  { id: "calls.map.window", section: "3", core: "Y", says: "at most 1,000 inputs ahead" },
  { id: "calls.map.inputs", section: "3", core: "Y", says: "empty, failing and reused inputs" },
  {
    id: "calls.map.failures",
    section: "3",
    core: "Y",
    says: "raised on arrival, or returned in place",
  },
  { id: "calls.map.break", section: "3", core: "Y", says: "leaving the loop cancels" },
  {
    id: "calls.starmap",
    section: "3",
    core: "N",
    says: "tuples of arguments; zip to the shortest",
  },
  {
    id: "calls.for-each",
    section: "3",
    core: "N",
    says: "eager, unordered, first failure or none",
  },
  { id: "calls.spawn", section: "3", core: "Y", says: "returns at once" },
  { id: "calls.spawn-map", section: "3", core: "Y", says: "one call of many inputs" },
  { id: "calls.get", section: "3", core: "Y", says: "repeatable; remote errors again" },
  {
    id: "calls.get.timeout",
    section: "3, 6",
    core: "Y",
    says: "looks at least once; TimeoutError",
  },
  { id: "calls.iter", section: "3", core: "N", says: "in order of the index; bad ranges refused" },
  { id: "calls.gather", section: "3", core: "N", says: "in order of the arguments; first failure" },
  { id: "calls.from-id", section: "3", core: "N", says: "any process; unknown and expired ids" },
  { id: "calls.cancel", section: "3", core: "N", says: "aborts what runs, drops what waits" },
  {
    id: "calls.idempotency",
    section: "3",
    core: "N",
    says: "beyond Modal: a call under a key runs once; a map goes on after its caller",
  },
  {
    id: "calls.status",
    section: "3",
    core: "N",
    says: "status of each input; get_call_graph; beyond Modal: a report",
  },
  { id: "calls.nested", section: "3", core: "Y", says: "calls made in containers" },
  { id: "calls.uses", section: "3", core: "N", says: "calls that are not in uses" },
  {
    id: "handles.options",
    section: "3, 7",
    core: "N",
    says: "with_options: a pool of its own; merged, later wins",
  },
  { id: "handles.concurrency", section: "3, 7", core: "N", says: "with_concurrency" },
  {
    id: "handles.missing",
    section: "3",
    core: "P",
    says: "a missing name is not found at first use",
  },
  { id: "generators.items", section: "4", core: "N", says: "items in order" },
  {
    id: "generators.failures",
    section: "4",
    core: "N",
    says: "errors after the items before them",
  },
  { id: "generators.break", section: "4", core: "N", says: "closed when the caller leaves" },
  {
    id: "generators.only",
    section: "3, 4",
    core: "N",
    says: "not by remote, map or spawn",
  },
  {
    id: "retries.attempts",
    section: "5",
    core: "N",
    says: "retries + 1 attempts, one id, last error",
  },
  { id: "retries.delay", section: "5", core: "N", says: "a number means one second apart" },
  { id: "retries.final", section: "5", core: "N", says: "what is not retried" },
  {
    id: "retries.cancelled",
    section: "3, 5",
    core: "N",
    says: "cancelled inputs are never retried",
  },
  { id: "timeouts.function", section: "6", core: "P", says: "an input over its time is ended" },
  { id: "timeouts.attempt", section: "2, 6", core: "P", says: "per attempt, retried" },
  { id: "timeouts.startup", section: "2, 6", core: "P", says: "start-up has a time of its own" },
  { id: "crashes.fails", section: "5", core: "N", says: "three crashes fail an input" },
  { id: "crashes.retries", section: "5", core: "N", says: "crashes use up no retries" },
  { id: "crashes.neighbours", section: "5", core: "N", says: "only the cause fails" },
  {
    id: "errors.class",
    section: "3, 29",
    core: "Y",
    says: "own class, fields and causes of a remote error",
  },
  { id: "errors.trace", section: "3", core: "Y", says: "remote traceback attached" },
  { id: "classes.state", section: "7", core: "Y", says: "enters once, keeps state" },
  {
    id: "classes.pools",
    section: "7, 11",
    core: "Y",
    says: "one pool per parameter set, shared by methods",
  },
  {
    id: "classes.hooks",
    section: "7, 16",
    core: "Y",
    says: "order of enter, snapshot and exit, base first",
  },
  { id: "classes.inheritance", section: "7", core: "Y", says: "inherited and overridden methods" },
  { id: "classes.enter-fails", section: "7", core: "Y", says: "a failing hook is told" },
  { id: "classes.missing-method", section: "7", core: "N", says: "an unknown method is not found" },
  { id: "classes.params", section: "7", core: "N", says: "types, defaults and size of parameters" },
  {
    id: "classes.preempt",
    section: "7, 20",
    core: "N",
    says: "hooks on preemption; the input runs again",
  },
  { id: "classes.stop-fetching", section: "9", core: "N", says: "stopFetchingInputs" },
  { id: "concurrency.local", section: "9", core: "N", says: "concurrency changed at run time" },
  { id: "concurrency.max", section: "9", core: "P", says: "maxInputs at a time" },
  { id: "autoscaling.min", section: "2, 11", core: "Y", says: "minContainers without calls" },
  { id: "autoscaling.out", section: "2, 11", core: "P", says: "more containers for more work" },
  {
    id: "autoscaling.update",
    section: "3, 11",
    core: "N",
    says: "changed at run time; the rest stays",
  },
  { id: "autoscaling.instance", section: "7, 11", core: "N", says: "of one parameter set" },
  { id: "context.ids", section: "27", core: "N", says: "ids of the input that asks" },
  { id: "context.is-local", section: "27", core: "N", says: "false in containers alone" },
  { id: "context.env", section: "27", core: "N", says: "variables of a container" },
  { id: "storage.volume", section: "15", core: "Y", says: "commit and reload" },
] as const satisfies readonly Row[];

/** Ids of rows that cases are of. */
export type RowId = (typeof CALL_ROWS)[number]["id"];

export const ROWS: readonly Row[] = [...CALL_ROWS, ...OTHER_ROWS];
