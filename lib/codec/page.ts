/**
 * One or more values, encoded together: JSON text of an array, bytes out of band.
 * `tagged` is false when the text is plain JSON, so that decoding is `JSON.parse` and nothing else.
 */
export interface Page {
  readonly text: string;
  readonly tagged: boolean;
  readonly attachments: readonly Uint8Array[];
}

/** How many objects and arrays may be nested in each other; deeper ones are mistakes or attacks. */
export const MAX_DEPTH = 500;

/** The key that marks an object of a tagged page as a value that JSON lacks. */
export const TAG = "$w";
