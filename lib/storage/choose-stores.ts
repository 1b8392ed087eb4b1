import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { type ConnectOptions, saysWhere } from "../client/connect-options.ts";
import { InvalidError, NoBackendError } from "../errors.ts";
import { runtime } from "../runtime.ts";
import { lazyStores } from "./relay-stores.ts";
import type { Stores } from "./stores.ts";

/** What lib/local and lib/aws provide; loaded on use, as the backends are. */
interface StoresModule {
  openStores(options: ConnectOptions): Promise<Stores>;
}

const opened: Map<string, Stores> = new Map();

/**
 * Where objects are: in a container what its agent reaches; where the options say, on AWS; else where the app of this
 * process runs, or where WINDLASS_BACKEND says.
 *
 * @throws NoBackendError where nothing says so
 */
export function storesFor(options: ConnectOptions): Stores {
  if (saysWhere(options)) return openStores("aws", options);
  const container = runtime.container();
  if (container !== undefined) return container.backend.stores;
  const [running] = runtime.backends.values();
  if (running !== undefined) return running.stores;
  const wanted = process.env["WINDLASS_BACKEND"];
  if (wanted === undefined) throw noBackend();
  return openStores(wanted, options);
}

/** The stores of a place by its name; made once for each. @throws InvalidError for another name */
function openStores(place: string, options: ConnectOptions): Stores {
  if (place !== "local" && place !== "aws") {
    throw new InvalidError(
      "WINDLASS_UNKNOWN_BACKEND",
      `WINDLASS_BACKEND must be "local" or "aws", got ${JSON.stringify(place)}`,
      { hint: "set WINDLASS_BACKEND=local" },
    );
  }
  const { environment, region, credentials } = options;
  const key = JSON.stringify([place, environment, region, credentials?.accessKeyId]);
  const known = opened.get(key);
  if (known !== undefined) return known;
  let stores: Promise<Stores> | undefined;
  const open = (): Promise<Stores> => {
    stores ??= load(place, options).catch((error: unknown) => {
      stores = undefined;
      throw error;
    });
    return stores;
  };
  const made = lazyStores(open);
  opened.set(key, made);
  return made;
}

async function load(place: string, options: ConnectOptions): Promise<Stores> {
  // As start-backend.ts loads a backend.
  const file = createRequire(import.meta.url).resolve(`windlass/${place}`);
  const module = (await import(pathToFileURL(file).href)) as StoresModule; // An entry of this package.
  return module.openStores(options);
}

function noBackend(): NoBackendError {
  return new NoBackendError(
    "WINDLASS_NO_BACKEND",
    "nothing says whether dicts, queues, secrets and volumes are those of this machine or of AWS",
    {
      hint: [
        "set WINDLASS_BACKEND=local or WINDLASS_BACKEND=aws,",
        'start a backend with `await using run = await app.run({ backend: "local" })`,',
        "or name an `environment` of AWS",
      ].join(" "),
    },
  );
}
