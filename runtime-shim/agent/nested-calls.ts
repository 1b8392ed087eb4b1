import type {
  AutoscalerSettings,
  Backend,
  CallChannel,
  CallRequest,
  CallSink,
  Defined,
  InputPage,
  InputPlace,
  ReadQuery,
  ResultPage,
  Span,
  Target,
} from "../../lib/backend.ts";
import type { TraceQuery } from "../../lib/call-trace.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { InvalidError } from "../../lib/errors.ts";
import { failingChannel } from "../../lib/failing-channel.ts";
import { parseInputId } from "../../lib/ids.ts";
import { runsOf } from "../../lib/keyed-page.ts";
import {
  encodeControl,
  encodeItems,
  encodeMessage,
  type Message,
  REQUEST_FIELDS,
  resultAttachments,
  resultFields,
  toInputPage,
  toRequest,
} from "../../lib/messages.ts";
import type { FunctionSpec } from "../../lib/spec.ts";
import { refuseApp, refuseCall } from "../../lib/uses.ts";
import { OutstandingInputs } from "./outstanding-inputs.ts";

export interface NestedCallsOptions {
  /** The function that this container runs. */
  readonly spec: FunctionSpec;
  /** Names of its app: in its module first, then as it is deployed. */
  readonly ownNames: readonly string[];
  /** Where calls of its own app go. */
  readonly backend: Backend;
  /** Where calls of another app go. */
  readonly otherApp: (app: string) => Backend;
  readonly send: (buffers: readonly Buffer[]) => void;
  /** True while an input with this id runs here whose calls are recorded. */
  readonly isTraced: (inputId: string) => boolean;
}

interface Open {
  readonly request: CallRequest;
  readonly channel: CallChannel;
  /** Inputs that are waited for, by the input that made them. */
  readonly outstanding: OutstandingInputs;
}

/**
 * Relays the calls that user code in this container makes to the backend of their app, and their results back. Refuses
 * those that its function does not use.
 */
export class NestedCalls {
  readonly #options: NestedCallsOptions;
  readonly #send: (buffers: readonly Buffer[]) => void;
  readonly #open: Map<number, Open> = new Map();
  /** Calls of other apps that were spawned here: of a call, only its id is known later. */
  readonly #spawned: Map<string, Backend> = new Map();
  #reads = 0;

  constructor(options: NestedCallsOptions) {
    this.#options = options;
    this.#send = options.send;
  }

  /** Inputs and reads whose answers the container waits for. */
  get waiting(): number {
    let waiting = this.#reads;
    for (const { outstanding } of this.#open.values()) waiting += outstanding.count;
    return waiting;
  }

  receive(message: Message): void {
    const [name, id, ...rest] = message.control;
    const key = Number(id);
    switch (name) {
      case "open":
        this.#openCall(key, toRequest(rest));
        break;
      case "push":
        this.#push(key, rest, message);
        break;
      case "cancel":
        this.#open.get(key)?.channel.cancel(rest[0] === -1 ? undefined : Number(rest[0]));
        break;
      case "credit":
        this.#open.get(key)?.channel.credit(Number(rest[0]));
        break;
      case "close":
        this.#open.get(key)?.channel.close();
        this.#open.delete(key);
        break;
      default:
        this.#request(key, message);
    }
  }

  /** Cancels what these inputs of a call wait for: they were cancelled themselves. */
  cancelMadeBy(callId: string, span: Span): void {
    for (const { channel, outstanding } of this.#open.values()) {
      for (const { start, end } of outstanding.takeMadeBy(callId, span)) {
        for (let index = start; index < end; index += 1) channel.cancel(index);
      }
    }
  }

  /** The container has ended: nobody waits any more. */
  close(): void {
    for (const { channel } of this.#open.values()) {
      channel.cancel();
      channel.close();
    }
    this.#open.clear();
  }

  #openCall(key: number, request: CallRequest): void {
    const sink: CallSink = {
      results: (page) => this.#results(key, page),
      items: (items) => this.#send(encodeItems(key, items)),
    };
    const outstanding = new OutstandingInputs();
    const channel = this.#channelFor(request, sink);
    this.#open.set(key, { request, channel, outstanding });
  }

  #channelFor(request: CallRequest, sink: CallSink): CallChannel {
    try {
      return this.#backendOf(request).open(request, sink);
    } catch (error) {
      return failingChannel(error, sink);
    }
  }

  /** @throws InvalidError when its function does not use the other */
  #backendOf({ target }: CallRequest): Backend {
    const { spec, ownNames, backend, otherApp } = this.#options;
    const refusal = refuseCall(spec, target, ownNames);
    if (refusal !== undefined) throw refusal;
    return ownNames.includes(target.app) ? backend : otherApp(target.app);
  }

  #push(key: number, fields: readonly unknown[], message: Message): void {
    const open = this.#open.get(key);
    if (open === undefined) return;
    const page = toInputPage(fields, message);
    open.outstanding.add(page);
    open.channel.push(this.#noted(open.request, page));
  }

  /** The page as it is passed on: it says who made it only where that is recorded. */
  #noted(request: CallRequest, page: InputPage): InputPage {
    const { start, count, parent } = page;
    if (parent === undefined) return page;
    if (!this.#options.isTraced(parent)) return { ...page, parent: undefined };
    const { callId, target, kind } = request;
    const { app, name, method } = target;
    const maker = parseInputId(parent);
    const called = { app, name, kind, ...(method !== undefined && { method }) };
    const made = { parent: maker.index, called, callId, start, count, at: Date.now() };
    // A graph that lacks a call is better than a call that fails for the sake of one.
    this.#options.backend.noteMade(maker.callId, made).catch(() => {});
    return page;
  }

  #results(key: number, page: ResultPage): void {
    const open = this.#open.get(key);
    if (open === undefined) return;
    open.outstanding.answer(page);
    const control = JSON.stringify(["results", key, ...resultFields(page)]);
    this.#send(encodeMessage(control, page.values.text, resultAttachments(page)));
  }

  #request(key: number, message: Message): void {
    this.#reads += 1;
    this.#answer(key, message)
      .then(
        (value) => this.#send(encodeControl("answer", key, value ?? -1)),
        (error) => this.#send(failedMessage(key, error)),
      )
      .finally(() => {
        this.#reads -= 1;
      });
  }

  async #answer(key: number, message: Message): Promise<unknown> {
    const [name, , ...rest] = message.control;
    const callId = String(rest[0]);
    switch (name) {
      case "spawn":
        return this.#spawn(toRequest(rest), toInputPage(rest.slice(REQUEST_FIELDS), message));
      case "spawn-once":
        return this.#spawnOnce(rest, message);
      case "end-spawn":
        return this.#backendOfCall(callId).endSpawn(callId, Number(rest[1]));
      case "cancel-call":
        return this.#backendOfCall(callId).cancel(
          callId,
          rest[1] === -1 ? undefined : Number(rest[1]),
          { terminateContainers: rest[2] === 1 },
        );
      case "trace":
        return this.#backendOfCall(callId).trace(rest[1] as TraceQuery); // Written by the runner's backend.
      case "scale":
        return this.#scale(toRequest(rest), rest[REQUEST_FIELDS] as AutoscalerSettings);
      case "stats":
        return this.#backendOf(toRequest(rest)).getCurrentStats(toRequest(rest).target);
      case "url":
        return this.#backendOf(toRequest(rest)).url(toRequest(rest).target);
      case "token":
        return this.#options.backend.findToken(String(rest[0]));
      case "functions":
        return this.#functions(String(rest[0]));
      default:
        return this.#read(key, rest[0] as ReadQuery); // Written by the runner's backend.
    }
  }

  async #spawn(request: CallRequest, page: InputPage): Promise<void> {
    const backend = this.#backendOf(request);
    if (backend !== this.#options.backend) this.#spawned.set(request.callId, backend);
    await backend.spawn(request, this.#noted(request, page));
  }

  async #spawnOnce(
    fields: readonly unknown[],
    message: Message,
  ): Promise<(readonly [string, number] | 0)[]> {
    const request = toRequest(fields);
    const told = fields[REQUEST_FIELDS] as readonly [string, string][]; // By the runner.
    const page = toInputPage(fields.slice(REQUEST_FIELDS + 1), message);
    const keys = told.map(([key, args]) => ({ key, args }));
    const backend = this.#backendOf(request);
    const places = await backend.spawnOnce(request, { ...page, keys });
    this.#notePlaces(request, page, places);
    if (backend !== this.#options.backend) {
      for (const place of places) if (place) this.#spawned.set(place.callId, backend);
    }
    return places.map((place) => (place === undefined ? 0 : [place.callId, place.index]));
  }

  /** What inputs with keys lead to may be calls of others. */
  #notePlaces(
    request: CallRequest,
    page: InputPage,
    places: readonly (InputPlace | undefined)[],
  ): void {
    for (const run of runsOf(places)) {
      const { callId, index: start, count } = run;
      this.#noted({ ...request, callId }, { ...page, start, count });
    }
  }

  async #scale(request: CallRequest, settings: AutoscalerSettings): Promise<void> {
    const backend = this.#backendOf(request);
    const { target } = request;
    // What is set is in the row that says which code an app runs: its own containers alone may write it.
    if (backend !== this.#options.backend) throw scaledElsewhere(target);
    await backend.updateAutoscaler(target, settings);
  }

  /** What an app has, without what the function may not call. */
  async #functions(app: string): Promise<Defined[]> {
    const { spec, ownNames, backend, otherApp } = this.#options;
    const refusal = refuseApp(spec, app, ownNames);
    if (refusal !== undefined) throw refusal;
    const all = await (ownNames.includes(app) ? backend : otherApp(app)).functions(app);
    return all
      .filter(({ name }) => refuseCall(spec, { app, name }, ownNames) === undefined)
      .map(({ name, kind }) => ({ name, kind }));
  }

  #backendOfCall(callId: string): Backend {
    return this.#spawned.get(callId) ?? this.#options.backend;
  }

  async #read(key: number, query: ReadQuery): Promise<number | undefined> {
    const reading = await this.#backendOfCall(query.callId).read(query);
    for (const page of reading.pages) {
      const control = JSON.stringify(["page", key, ...resultFields(page)]);
      this.#send(encodeMessage(control, page.values.text, resultAttachments(page)));
    }
    return reading.total;
  }
}

function scaledElsewhere({ app, name }: Target): InvalidError {
  return new InvalidError(
    "WINDLASS_SCALED_OTHER_APP",
    `updateAutoscaler() of "${name}" of app "${app}" was called in a container of another app`,
    { hint: `let a function of app "${app}" do it, or a program outside of containers` },
  );
}

function failedMessage(key: number, error: unknown): Buffer[] {
  const page = encodePage([error], () => "error");
  const control = JSON.stringify(["failed", key, page.tagged ? 1 : 0]);
  return encodeMessage(control, page.text, page.attachments);
}
