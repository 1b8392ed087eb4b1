import { types } from "node:util";

type BytesConstructor = new (
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number,
) => ArrayBufferView;

interface BytesType {
  readonly width: number;
  /** Shows bytes as this type, without a copy unless they are misaligned. */
  readonly view: (bytes: Uint8Array) => unknown;
}

const TYPED_ARRAYS: readonly string[] = [
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Float16Array",
  "Int32Array",
  "Uint32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
];

/** How the types whose data travels as an attachment are made from bytes, by tag. */
export const BYTES_TYPES: ReadonlyMap<string, BytesType> = new Map([
  ...TYPED_ARRAYS.flatMap(typedArray),
  ["ArrayBuffer", { width: 1, view: toArrayBuffer }],
  ["Buffer", { width: 1, view: toBuffer }],
  ["DataView", { width: 1, view: toDataView }],
]);

function typedArray(name: string): [string, BytesType][] {
  // Float16Array exists from Node 24.
  const type = (globalThis as unknown as Record<string, unknown>)[name];
  if (typeof type !== "function") return [];
  const construct = type as BytesConstructor & { readonly BYTES_PER_ELEMENT: number };
  const width = construct.BYTES_PER_ELEMENT;
  const view = (bytes: Uint8Array): ArrayBufferView => {
    const { buffer, byteOffset } = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
    return new construct(buffer, byteOffset, bytes.byteLength / width);
  };
  return [[name, { width, view }]];
}

function toArrayBuffer(bytes: Uint8Array): ArrayBufferLike {
  const isWhole = bytes.byteLength === bytes.buffer.byteLength;
  return isWhole ? bytes.buffer : new Uint8Array(bytes).buffer;
}

function toBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function toDataView({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** The tag of a value whose data is bytes, or undefined for any other value. */
export function bytesTag(value: object): string | undefined {
  if (Buffer.isBuffer(value)) return "Buffer";
  if (types.isTypedArray(value)) return value[Symbol.toStringTag];
  if (types.isDataView(value)) return "DataView";
  return types.isArrayBuffer(value) ? "ArrayBuffer" : undefined;
}

/** The bytes of such a value, not copied; of a view, only its own window. */
export function bytesOf(value: ArrayBufferView | ArrayBufferLike): Uint8Array {
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
}

/** True for shared memory and for views of it. */
export function isShared(value: object): boolean {
  return types.isSharedArrayBuffer(ArrayBuffer.isView(value) ? value.buffer : value);
}
