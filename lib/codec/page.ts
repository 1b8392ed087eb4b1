/**
 * One or more values, encoded together: JSON text of an array, bytes out of band.
 * `tagged` is false when the text is plain JSON, so that decoding is `JSON.parse` and nothing else.
 */
export interface Page {
  readonly text: string;
  readonly tagged: boolean;
  readonly attachments: readonly Uint8Array[];
}
