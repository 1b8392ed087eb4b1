import type { ContainerRow } from "../../lib/aws/container-row.ts";
import { containerKey } from "../../lib/aws/keys.ts";
import type { Rows } from "../../lib/aws/rows.ts";
import type { AgentEnvironment } from "./environment.ts";

/** For whoever asks later why a container ended. */
const KEPT_SECONDS = 24 * 3600;

/** What the agent alone knows of its container. */
export type ContainerReport = Pick<
  ContainerRow,
  | "status"
  | "deployment"
  | "taken"
  | "messageInputs"
  | "idleSince"
  | "busySince"
  | "inputMs"
  | "error"
  | "door"
>;

export interface ContainerRecordOptions {
  readonly environment: AgentEnvironment;
  readonly rows: Rows;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The controller wants this container to end, or takes it to have ended. */
  readonly onDrain: () => void;
  /** Nothing is lost: the next beat writes it. */
  readonly onError: (error: unknown) => void;
}

/** The row of this container: one write after the other, each of which sees what the controller wrote before it. */
export class ContainerRecord {
  readonly #options: ContainerRecordOptions;
  #known: { readonly body: ContainerRow; readonly version: number } | undefined;
  #report: ContainerReport = {
    status: "starting",
    deployment: 0,
    taken: 0,
    messageInputs: null,
    idleSince: null,
    busySince: null,
    inputMs: null,
    error: null,
    door: undefined,
  };
  #writing: Promise<void>;

  constructor(options: ContainerRecordOptions) {
    this.#options = options;
    this.#writing = this.#look().catch(options.onError);
  }

  /** When the controller decided to have it, in milliseconds since 1970; undefined before that was read. */
  get createdAt(): number | undefined {
    return this.#known?.body.createdAt;
  }

  /** Whether its load balancer sends it nothing any more, as the controller last wrote. */
  async isCut(): Promise<boolean> {
    await this.#look();
    return this.#known?.body.isCut === true;
  }

  /** Notes what has changed and writes the row; resolves when that was done or has failed. */
  write(report: Partial<ContainerReport> = {}): Promise<void> {
    this.#report = { ...this.#report, ...report };
    this.#writing = this.#writing.then(() => this.#save()).catch(this.#options.onError);
    return this.#writing;
  }

  async #save(): Promise<void> {
    const { environment, rows } = this.#options;
    const key = containerKey(environment.app, environment.containerId);
    for (;;) {
      const body = this.#row();
      const version = this.#known?.version ?? 0;
      if (await rows.put(key, body, version)) {
        this.#known = { body, version: version + 1 };
        return;
      }
      await this.#look();
    }
  }

  async #look(): Promise<void> {
    const { environment, rows, onDrain } = this.#options;
    const { app, containerId } = environment;
    this.#known = await rows.get<ContainerRow>(containerKey(app, containerId));
    const found = this.#known?.body;
    // What the controller has given up may have been replaced: it must not take more work.
    if (found?.mustDrain === true || found?.status === "ended") onDrain();
  }

  #row(): ContainerRow {
    const { environment, now } = this.#options;
    const at = now();
    const known = this.#known?.body;
    return {
      pool: environment.pool,
      function: environment.function,
      mustDrain: known?.mustDrain ?? false,
      ...(known?.isServed === true && { isServed: true }),
      ...(known?.isCut === true && { isCut: true }),
      taskArn: known?.taskArn ?? null,
      hostArn: known?.hostArn ?? null,
      createdAt: known?.createdAt ?? at,
      readyAt: known?.readyAt ?? (this.#report.status === "ready" ? at : null),
      ...this.#report,
      at,
      expiresAt: Math.ceil(at / 1000) + KEPT_SECONDS,
    };
  }
}
