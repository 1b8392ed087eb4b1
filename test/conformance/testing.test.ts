import { testConformance } from "./suite.ts";
import { openTesting } from "./testing-backend.ts";

// What takes a process of its own: that code never lets go of, that ends, that loads its module and has its variables, or
// that others read results in.
const NEEDS_PROCESSES: ReadonlySet<string> = new Set([
  "a container whose input does not stop is ended, and the next call has another",
  "an input that blocks is ended, and those beside it are not",
  "an error out of band ends a container and is told",
  "an input that ends three containers fails with their last words",
  "what a module throws as it is loaded reaches the callers",
  "isLocal is false in containers and true elsewhere",
  "singleUseContainers give each input a process of its own",
  "a container that is taken away runs its hooks, and its input runs again",
  "a container that fetches no more inputs finishes, exits and is replaced",
  "withConcurrency runs so many inputs at a time",
  "a call that a container spawns is known outside",
  "a call that is spawned in one process is read in another",
  "it is one in another process that knows the class",
  "an unknown id is not found, and an old one has expired",
  "an unknown call cannot be cancelled, and an old one has expired",
  "a map goes on where a caller that was killed has left it",
  "graph says who called whom, to any process",
]);

testConformance("testing", { open: openTesting, without: NEEDS_PROCESSES });
