import { decodePage } from "../codec/decode.ts";
import { encodePage } from "../codec/encode.ts";
import type { Page } from "../codec/page.ts";
import { DeserializationError } from "../errors.ts";

/*
 * A stored value, in any language (docs/wire.md):
 *
 *   0        1        5             5+4n
 *   ├────────┼────────┼─────────────┼──────────────┬───┬──────────────┬──────┐
 *   │ tagged │ n      │ n lengths   │ attachment 0 │ … │ attachment   │ text │
 *   │ u8     │ u32 LE │ u32 LE each │              │   │ n-1          │ UTF-8│
 *   └────────┴────────┴─────────────┴──────────────┴───┴──────────────┴──────┘
 */
const FIXED_BYTES = 5;
const LENGTH_BYTES = 4;

/** A value as bytes, the same that calls carry. @throws SerializationError naming the path below `root` */
export function packValue(value: unknown, root: () => string): Buffer {
  const { text, tagged, attachments } = encodePage([value], root);
  if (attachments.length === 0) return packText(text, tagged);
  const head = Buffer.allocUnsafe(FIXED_BYTES + LENGTH_BYTES * attachments.length);
  head.writeUInt8(tagged ? 1 : 0, 0);
  head.writeUInt32LE(attachments.length, 1);
  attachments.forEach(({ byteLength }, index) => {
    head.writeUInt32LE(byteLength, FIXED_BYTES + LENGTH_BYTES * index);
  });
  return Buffer.concat([head, ...attachments, Buffer.from(text)]);
}

/** Most values have no bytes: one piece of memory does. */
function packText(text: string, tagged: boolean): Buffer {
  const packed = Buffer.allocUnsafe(FIXED_BYTES + Buffer.byteLength(text));
  packed.writeUInt8(tagged ? 1 : 0, 0);
  packed.writeUInt32LE(0, 1);
  packed.write(text, FIXED_BYTES);
  return packed;
}

/** @throws DeserializationError */
export function unpackValue(packed: Uint8Array): unknown {
  return decodePage(toPage(Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength)))[0];
}

function toPage(bytes: Buffer): Page {
  if (bytes.length < FIXED_BYTES) throw malformed(bytes);
  const count = bytes.readUInt32LE(1);
  let at = FIXED_BYTES + LENGTH_BYTES * count;
  if (at > bytes.length) throw malformed(bytes);
  const attachments: Uint8Array[] = [];
  for (let index = 0; index < count; index += 1) {
    const end = at + bytes.readUInt32LE(FIXED_BYTES + LENGTH_BYTES * index);
    if (end > bytes.length) throw malformed(bytes);
    // A copy: where a value is shown as it is, its buffer must hold nothing else.
    attachments.push(new Uint8Array(bytes.subarray(at, end)));
    at = end;
  }
  return { tagged: bytes[0] === 1, attachments, text: bytes.toString("utf8", at) };
}

function malformed({ length }: Buffer): DeserializationError {
  return new DeserializationError(
    "WINDLASS_VALUE_MALFORMED",
    `a stored value of ${length} bytes must begin with its attachments and their lengths`,
    { hint: "only Windlass may write to its store and its table" },
  );
}
