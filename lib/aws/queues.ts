/** SQS takes a message of 1 MiB [SendMessage, MessageBody]. */
export const MESSAGE_BYTES: number = 1024 * 1024;

/** True for a body that one message can carry. */
export function fitsMessage(body: string): boolean {
  // A UTF-16 unit takes three bytes at most: short texts need no count.
  return body.length * 3 <= MESSAGE_BYTES || Buffer.byteLength(body) <= MESSAGE_BYTES;
}

/** A message as it was received. */
export interface Received {
  readonly body: string;
  /** Names this delivery of the message. */
  readonly handle: string;
  /** How often it was delivered, this time included. */
  readonly receives: number;
}

/** A message to be sent. */
export interface Outgoing {
  readonly body: string;
  /** Messages of one group do not hold up those of others. */
  readonly group?: string | undefined;
  readonly delaySeconds?: number | undefined;
}

/** Port to queues with at-least-once delivery; a queue is named by its URL. */
export interface Queues {
  send(url: string, message: Outgoing): Promise<void>;
  /** Waits up to `waitSeconds` for at most `limit` messages; each is hidden for `hiddenSeconds`. */
  receive(
    url: string,
    wanted: {
      readonly limit: number;
      readonly waitSeconds: number;
      readonly hiddenSeconds: number;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<readonly Received[]>;
  /** Hides a message for this long from now; 0 shows it at once. */
  hide(url: string, handle: string, seconds: number): Promise<void>;
  delete(url: string, handle: string): Promise<void>;
  /** Makes a queue that forgets messages after this long, and answers its URL. */
  create(name: string, retentionSeconds: number): Promise<string>;
  /** Removes a queue with all that is in it. */
  remove(url: string): Promise<void>;
}
