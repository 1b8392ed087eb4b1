/** Bytes of a frame's header. A header becomes one string, and its JSON takes several times its size as values. */
export const MAX_HEADER_BYTES: number = 64 * 1024 * 1024;
/** Attachments of a frame. Their lengths are kept until the last one has arrived: 256 KiB at most. */
export const MAX_ATTACHMENTS = 65_536;
/** Bytes of an attachment. It is one piece of memory on both sides; what is larger belongs in a file. */
export const MAX_ATTACHMENT_BYTES: number = 1024 * 1024 * 1024;

/** What is wrong with the size of a part of a frame. */
export interface Problem {
  readonly code: string;
  readonly message: string;
}

export function headerProblem(bytes: number): Problem | undefined {
  if (bytes > 0 && bytes <= MAX_HEADER_BYTES) return undefined;
  const message = `the header of a frame must be 1 to ${MAX_HEADER_BYTES} bytes, got ${bytes}`;
  return { code: "WINDLASS_FRAME_HEADER_SIZE", message };
}

export function countProblem(count: number): Problem | undefined {
  if (count <= MAX_ATTACHMENTS) return undefined;
  const message = `a frame must have at most ${MAX_ATTACHMENTS} attachments, got ${count}`;
  return { code: "WINDLASS_FRAME_ATTACHMENT_COUNT", message };
}

export function attachmentProblem(bytes: number): Problem | undefined {
  if (bytes <= MAX_ATTACHMENT_BYTES) return undefined;
  const message = `an attachment of a frame must be at most ${MAX_ATTACHMENT_BYTES} bytes, got ${bytes}`;
  return { code: "WINDLASS_FRAME_ATTACHMENT_SIZE", message };
}

/** The first of what is wrong with several parts. */
export function firstProblem<Item>(
  items: readonly Item[],
  problemOf: (item: Item) => Problem | undefined,
): Problem | undefined {
  for (const item of items) {
    const problem = problemOf(item);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
