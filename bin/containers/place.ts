import type { ContainerRow } from "../../lib/aws/container-row.ts";
import { APPS, containerKey } from "../../lib/aws/keys.ts";
import { ExecutionError } from "../../lib/errors.ts";
import { openAppOperand } from "../app-operand.ts";

/** A container that runs, here or on AWS. */
export interface ContainerInfo {
  readonly id: string;
  readonly app: string;
  readonly function: string;
  readonly state: string;
  /** When it was wanted, in milliseconds since 1970. */
  readonly since: number;
  /** Inputs that it has taken; null where nobody says. */
  readonly inputs: number | null;
  /** Number of the deployment whose code it runs; null on this machine. */
  readonly deployment: number | null;
  /** Its process; null on AWS. */
  readonly pid: number | null;
}

/** Containers of a project, or of an environment. */
export interface Containers {
  readonly where: string;
  /** Those of one app, or of all. */
  list(app: string | undefined): Promise<readonly ContainerInfo[]>;
  /** Undefined for one that does not run. */
  find(id: string): Promise<ContainerInfo | undefined>;
  /** Asks it to end; another runs what it has not done. */
  stop(container: ContainerInfo): Promise<void>;
}

/** Of engines of this project, in whichever process they run. */
export async function openHere(): Promise<Containers> {
  const { stateDirectory } = await openAppOperand("");
  const { askToStop, runningContainers } = await import("../../lib/local/running-containers.ts");
  const { idTime } = await import("../../lib/ids.ts");
  const list = async (app?: string): Promise<readonly ContainerInfo[]> =>
    runningContainers(stateDirectory)
      .filter((one) => app === undefined || one.app === app)
      .map(({ id, app: name, function: fn, status, pid = null }) => ({
        ...{ id, app: name, function: fn, state: status, since: idTime(id) },
        ...{ inputs: null, deployment: null, pid },
      }));
  return {
    where: "this project",
    list,
    find: async (id) => (await list()).find((one) => one.id === id),
    stop: async ({ id }) => askToStop(stateDirectory, id),
  };
}

/** Of the apps of an environment. @throws NotFoundError where there is no such environment */
export async function openOnAws(environment: string): Promise<Containers> {
  const { openEnvironment } = await import("../deploy/prepare-deployment.ts");
  const { rows, facts } = await openEnvironment(environment);
  const tasks = new Map<string, string>();
  const infoOf = (app: string, id: string, row: ContainerRow): ContainerInfo[] => {
    const { status, taskArn, taken, deployment } = row;
    if (status === "ended") return [];
    if (taskArn !== null) tasks.set(id, taskArn);
    const own = { id, app, function: row.function, state: status, since: row.createdAt };
    return [{ ...own, inputs: taken, deployment: deployment || null, pid: null }];
  };
  const apps = async (): Promise<string[]> => (await rows.list(APPS)).map(({ sk: app }) => app);
  return {
    where: `environment ${environment}`,
    async list(app) {
      const names = app === undefined ? await apps() : [app];
      const found = await Promise.all(
        names.map(async (name) => {
          const known = await rows.list<ContainerRow>(containerKey(name, "").pk);
          return known.flatMap(({ sk, body }) => infoOf(name, sk, body));
        }),
      );
      return found.flat();
    },
    async find(id) {
      const found = await Promise.all(
        (await apps()).map(async (app) => {
          const row = await rows.get<ContainerRow>(containerKey(app, id));
          return row === undefined ? [] : infoOf(app, id, row.body);
        }),
      );
      return found.flat()[0];
    },
    async stop({ id }) {
      const task = tasks.get(id);
      if (task === undefined) throw notPlaced(id);
      const { stopTask } = await import("../../lib/aws/deploy/containers.ts");
      await stopTask(facts["cluster-name"], task, "somebody has stopped it");
    },
  };
}

function notPlaced(id: string): ExecutionError {
  return new ExecutionError(
    "WINDLASS_CONTAINER_NOT_PLACED",
    `container ${id} waits for a host: there is nothing to stop yet`,
    { hint: "cancel what it is wanted for, or wait until it runs" },
  );
}
