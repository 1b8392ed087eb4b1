/** How requests find a container behind a load balancer, and how it knows those that are its own. */
export interface DoorSpec {
  /** The header that says which function a request is for, in lower case. */
  readonly header: string;
  /** Its value for this function; requests with another are refused. */
  readonly value: string;
  /** What the load balancer asks to know whether the container is well. */
  readonly healthPath: string;
  /** Clients speak HTTPS, whatever arrives here. */
  readonly isHttps: boolean;
  /** Seconds until a request without an answer is told where it will find one. */
  readonly patienceSeconds: number;
}

/** What CloudFront adds to requests: the name of the function, and what only its own distribution knows. */
export const DOOR_HEADER = "x-windlass-endpoint";

/** Where containers take requests, within themselves. */
export const DOOR_PORT = 18_080;

/** In the query of a request that was told to come again: it has waited for a container. */
export const WAIT_PARAMETER = "__windlass_wait";

/** In the query of a request for the answer of an earlier one: its id. */
export const RESULT_PARAMETER = "__windlass_result";

/** The method of a call whose input is a request: every function that answers requests has it. */
export const REQUEST_METHOD = "~request";

/** A request as the input of a call. */
export interface RequestInput {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** Names in lower case; one that came several times stands several times. */
  readonly headers: readonly (readonly [string, string])[];
  /** `null`: it only waits for a container, and is not answered by code. */
  readonly body: Uint8Array | null;
}

/** What its call returns. */
export interface RequestOutput {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
}
