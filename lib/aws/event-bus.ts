import { type EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { type EventSink, eventSource, type WindlassEvent } from "../events.ts";
import { eventBusName } from "./facts.ts";

/** EventBridge takes so many entries a request [PutEvents]. */
const MAX_ENTRIES = 10;
/** What waits for EventBridge at most: events are no reason to run out of memory. */
const MAX_WAITING = 1000;
/** How long an event waits for others. */
const GATHER_MS = 1000;

/** Port to the bus of an environment. */
export interface EventBus {
  /** Puts at most ten events; answers how many the bus refused. */
  put(events: readonly WindlassEvent[]): Promise<number>;
}

/** The bus of an environment in EventBridge. */
export class EventBridgeBus implements EventBus {
  readonly #client: EventBridgeClient;
  readonly #environment: string;

  constructor(client: EventBridgeClient, environment: string) {
    this.#client = client;
    this.#environment = environment;
  }

  async put(events: readonly WindlassEvent[]): Promise<number> {
    const Entries = events.map((event) => ({
      EventBusName: eventBusName(this.#environment),
      Source: eventSource(event.app),
      DetailType: event.name,
      Detail: JSON.stringify(event),
      Time: new Date(event.at),
    }));
    const { FailedEntryCount = 0 } = await this.#client.send(new PutEventsCommand({ Entries }));
    return FailedEntryCount;
  }
}

export interface BusSinkOptions {
  readonly bus: EventBus;
  /** Runs something later, and keeps no process alive for it. */
  readonly after: (ms: number, run: () => void) => void;
  /** So many events are lost so far, the last ones for this reason. */
  readonly onDropped: (dropped: number, reason: unknown) => void;
}

/** Puts events on a bus by tens, behind whoever emits them. What the bus does not take is lost, and counted. */
export class BusSink implements EventSink {
  readonly #options: BusSinkOptions;
  #waiting: WindlassEvent[] = [];
  #sending: Promise<void> | undefined;
  #isDue = false;
  #dropped = 0;

  constructor(options: BusSinkOptions) {
    this.#options = options;
  }

  /** Events that were lost. */
  get dropped(): number {
    return this.#dropped;
  }

  emit(event: WindlassEvent): void {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#drop(1, `more than ${MAX_WAITING} events waited for the bus`);
      return;
    }
    this.#waiting.push(event);
    if (this.#waiting.length >= MAX_ENTRIES) void this.flush();
    else this.#flushLater();
  }

  /** Sends what waits; resolves once the bus has taken or refused it. Never rejects. */
  flush(): Promise<void> {
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  #flushLater(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#options.after(GATHER_MS, () => {
      this.#isDue = false;
      void this.flush();
    });
  }

  async #send(): Promise<void> {
    while (this.#waiting.length > 0) {
      const events = this.#waiting.splice(0, MAX_ENTRIES);
      try {
        const refused = await this.#options.bus.put(events);
        if (refused > 0) this.#drop(refused, "the bus refused them");
      } catch (error) {
        this.#drop(events.length, error);
      }
    }
  }

  #drop(count: number, reason: unknown): void {
    this.#dropped += count;
    this.#options.onDropped(this.#dropped, reason);
  }
}
