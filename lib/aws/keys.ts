/** Inputs of a call whose range rows share a partition key; no range crosses such a boundary. */
export const BLOCK_INPUTS = 4096;

/** Key of a row of the environment's table. */
export interface RowKey {
  readonly pk: string;
  readonly sk: string;
}

/** Every key starts with the app's name: an app's role is cut by `dynamodb:LeadingKeys` = `<app>#*`. */
export function callKey(app: string, callId: string): RowKey {
  return { pk: `${app}#call#${callId}`, sk: "call" };
}

/** The row of the range that starts at this input, whichever attempt runs it. */
export function rangeKey(app: string, callId: string, start: number): RowKey {
  return { pk: blockKey(app, callId, start), sk: String(start).padStart(10, "0") };
}

/** The partition that holds every range with an input of this one's block. */
export function blockKey(app: string, callId: string, input: number): string {
  return `${app}#call#${callId}#${Math.floor(input / BLOCK_INPUTS)}`;
}

/** Says who has received the message of a range that somebody holds. */
export function messageKey(app: string, callId: string, start: number): RowKey {
  return { pk: `${app}#message#${callId}`, sk: String(start).padStart(10, "0") };
}

/** Where the result of an idempotency key of a function is; the key is a hash. */
export function keyRow(app: string, name: string, key: string): RowKey {
  return { pk: `${app}#call#key#${name}#${key}`, sk: "key" };
}

/** Partition key of what inputs of a call have made. */
export function madePartition(app: string, callId: string): string {
  return `${app}#call#${callId}#made`;
}

/** The app's current deployment. */
export function deploymentKey(app: string): RowKey {
  return { pk: `${app}#deployment`, sk: "current" };
}

/** A deployment of the app's history, the current one too: the controller removes the oldest, and nothing else. */
export function historyKey(app: string, number: number): RowKey {
  return { pk: `${app}#history`, sk: String(number).padStart(10, "0") };
}

/** Says that the controller removes what only old deployments name: none may go live meanwhile. */
export function sweepKey(app: string): RowKey {
  return { pk: `${app}#sweep`, sk: "sweep" };
}

export function containerKey(app: string, containerId: string): RowKey {
  return { pk: `${app}#containers`, sk: containerId };
}

/** A parameter set of a class, by the key of its pool. */
export function parametersKey(app: string, pool: string): RowKey {
  return { pk: `${app}#parameters`, sk: pool };
}

/** An answer to a request that takes longer than its client waits; its id is a secret. */
export function answerKey(app: string, id: string): RowKey {
  return { pk: `${app}#answers`, sk: id };
}

/** A client that waits for replies. */
export function sessionKey(app: string, sessionId: string): RowKey {
  return { pk: `${app}#sessions`, sk: sessionId };
}

/** Says that a run goes on whose app is removed with it. */
export function runKey(app: string): RowKey {
  return { pk: `${app}#run`, sk: "run" };
}

/** Partition key of the rows of all apps. */
export const APPS = "#apps";

/** Every deployed app of the environment has a row here, for the controller. */
export function appKey(app: string): RowKey {
  return { pk: APPS, sk: app };
}

/** Where a page that is too large for a row or a message is kept. */
export function pageObject(app: string, callId: string, name: string): string {
  return `calls/${app}/${callId}/${name}`;
}

/** The bundle of an app with this SHA-256. */
export function bundleObject(app: string, codeHash: string): string {
  return `bundles/${app}/${codeHash}.mjs`;
}

/** The template that a stack of an app was last deployed from, by what that was made from. */
export function templateObject(app: string, templateHash: string): string {
  return `templates/${app}/${templateHash}.json`;
}
