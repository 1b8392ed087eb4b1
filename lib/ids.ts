import { randomFillSync } from "node:crypto";

// Crockford base 32 in lower case: sorts by value, has no look-alikes.
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const TIME_CHARS = 9;
const RANDOM_CHARS = 16;

// Random bytes are drawn in bulk: one system call for 256 ids.
const pool: Buffer = Buffer.allocUnsafe(RANDOM_CHARS * 256);
let used: number = pool.length;

/** An id that sorts by creation time: 45 bits of milliseconds, then 80 random bits. */
function sortableId(prefix: string, now: number): string {
  let id = prefix;
  for (let shift = TIME_CHARS - 1; shift >= 0; shift -= 1) {
    id += ALPHABET[Math.floor(now / 32 ** shift) % 32];
  }
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  for (const end = used + RANDOM_CHARS; used < end; used += 1) {
    id += ALPHABET[(pool[used] ?? 0) & 31];
  }
  return id;
}

/** Id of a new call, for instance `fc-01kb3w5h9…`. */
export function createCallId(now: number = Date.now()): string {
  return sortableId("fc-", now);
}

/** Id of a new container. */
export function createContainerId(now: number = Date.now()): string {
  return sortableId("ct-", now);
}

/** Id of a named object, without a prefix. */
export function createObjectId(now: number = Date.now()): string {
  return sortableId("", now);
}

/** When the call with this id was made, in milliseconds since 1970; undefined if it is no call id. */
export function callTime(callId: string): number | undefined {
  return /^fc-[0-9a-hjkmnp-tv-z]{25}$/.test(callId) ? idTime(callId) : undefined;
}

/** When the call or container with this id was made, in milliseconds since 1970. */
export function idTime(id: string): number {
  let time = 0;
  for (const char of id.slice(3, 3 + TIME_CHARS)) time = time * 32 + ALPHABET.indexOf(char);
  return time;
}

/** Id of input `index` of a call, or of the call that it is, in a group. */
export function memberId(callId: string, index: number): string {
  return `${callId}.${index}`;
}

/** Id of an input, as it is told to the code that runs for it. */
export function inputId(callId: string, index: number): string {
  return memberId(callId.replace("fc-", "in-"), index);
}

/** The input with this id: its call, and its index there. */
export function parseInputId(id: string): { callId: string; index: number } {
  const { callId, index = 0 } = parseCallId(id.replace("in-", "fc-"));
  return { callId, index };
}

/** Splits `fc-….12` into its group and index; a plain call id has no index. */
export function parseCallId(id: string): { callId: string; index: number | undefined } {
  const dot = id.indexOf(".");
  if (dot < 0) return { callId: id, index: undefined };
  return { callId: id.slice(0, dot), index: Number(id.slice(dot + 1)) };
}
