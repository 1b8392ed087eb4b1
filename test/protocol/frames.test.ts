import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DeserializationError, RequestSizeError } from "../../lib/errors.ts";
import { MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS, MAX_HEADER_BYTES } from "../../lib/frame-limits.ts";
import { encodeFrame, FrameReader } from "../../lib/protocol.ts";
import { failureOf } from "../codec/round-trip.ts";

interface Frame {
  readonly header: string;
  readonly attachments: readonly Uint8Array[];
}

const frameLists = fc.array(
  fc.record(
    {
      header: fc.string({ minLength: 1, unit: "binary" }),
      attachments: fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 }),
    },
    { noNullPrototype: true },
  ),
  { maxLength: 6 },
);

function encodeAll(frames: readonly Frame[]): Buffer {
  return Buffer.concat(frames.flatMap((frame) => encodeFrame(frame.header, frame.attachments)));
}

/** Reads chunks through one buffer that is used again and again, as a socket does. */
function readAll(chunks: readonly Uint8Array[]): Frame[] {
  const frames: Frame[] = [];
  const reader = new FrameReader((header, attachments) => frames.push({ header, attachments }));
  for (const chunk of chunks) {
    const reused = Buffer.from(chunk);
    reader.push(reused);
    reused.fill(0xaa);
  }
  reader.end();
  return frames.map(({ header, attachments }) => ({
    header,
    attachments: attachments.map((bytes) => new Uint8Array(bytes)),
  }));
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let offset = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(offset, offset + size));
    offset += size;
  }
  return [...chunks, bytes.subarray(offset)];
}

describe("a stream of frames", () => {
  it("is read alike however it is cut into chunks", () => {
    fc.assert(
      fc.property(frameLists, fc.array(fc.nat({ max: 60 })), (frames, sizes) => {
        expect(readAll(cut(encodeAll(frames), sizes))).toStrictEqual(frames);
      }),
      { numRuns: 3_000 },
    );
  });

  it("that is cut short ends in a coded error unless a frame ends there", () => {
    fc.assert(
      fc.property(frameLists, fc.nat(), (frames, seed) => {
        const bytes = encodeAll(frames);
        const length = seed % (bytes.length + 1);
        const isWhole = frames.some(
          (_, index) => encodeAll(frames.slice(0, index)).length === length,
        );
        const read = (): Frame[] => readAll([bytes.subarray(0, length)]);

        if (isWhole || length === bytes.length)
          expect(frames).toEqual(expect.arrayContaining(read()));
        else expect(failureOf(read).code).toBe("WINDLASS_FRAME_TRUNCATED");
      }),
      { numRuns: 2_000 },
    );
  });

  it("of random bytes gives frames or a coded error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ max: 3, maxLength: 100 }), (bytes) => {
        try {
          readAll([bytes]);
        } catch (error) {
          expect(error).toBeInstanceOf(DeserializationError);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});

describe("a frame", () => {
  it("that is small is one buffer", () => {
    expect(encodeFrame("x", [new Uint8Array(10), new Uint8Array(20)])).toHaveLength(1);
  });

  it("is given its header as text or as an object", () => {
    expect(encodeFrame({ a: [1] })).toEqual(encodeFrame('{"a":[1]}', []));
  });

  it("passes large attachments on uncopied and in order", () => {
    const small = Uint8Array.of(1);
    const large = new Uint8Array(65 * 1024).fill(2);
    const attachments = [small, large, small, small, large];

    const buffers = encodeFrame("x", attachments);

    expect(buffers.filter((buffer) => buffer.buffer === large.buffer)).toHaveLength(2);
    expect(buffers).toHaveLength(4);
    expect(readAll([Buffer.concat(buffers)])).toStrictEqual([{ header: "x", attachments }]);
  });

  it("gives each attachment memory of its own", () => {
    const received: Uint8Array[] = [];
    const reader = new FrameReader((_, attachments) => received.push(...attachments));

    reader.push(Buffer.concat(encodeFrame("x", [new Uint8Array(3), new Uint8Array(8)])));

    expect(received.map((bytes) => bytes.buffer.byteLength)).toEqual([3, 8]);
  });

  it("may be larger than what the reader reserves at once, header and attachment", () => {
    const header = "é".repeat(12 * 2 ** 20);
    const attachments = [new Uint8Array(40 * 2 ** 20).fill(7)];
    const bytes = encodeAll([{ header, attachments }]);

    const [frame] = readAll(
      cut(bytes, new Array(Math.floor(bytes.length / 2 ** 20)).fill(2 ** 20)),
    );

    expect(frame?.header === header).toBe(true);
    expect(Buffer.compare(frame?.attachments[0] as Uint8Array, attachments[0] as Uint8Array)).toBe(
      0,
    );
  });

  it("that announces much reserves little before its bytes arrive", () => {
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 4 }, () => new FrameReader(() => {}));
    const announced = Buffer.alloc(13);
    announced.writeUInt32LE(1, 0);
    announced.writeUInt32LE(1, 4);
    announced.writeUInt32LE(MAX_ATTACHMENT_BYTES, 8);

    for (const reader of readers) reader.push(announced);

    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 17 * 2 ** 20);
    expect(failureOf(() => readers[0]?.end()).code).toBe("WINDLASS_FRAME_TRUNCATED");
  });
});

describe("the reader", () => {
  function readFailure(...words: number[]): ReturnType<typeof failureOf> {
    const bytes = Buffer.alloc(4 * words.length);
    words.forEach((word, index) => void bytes.writeUInt32LE(word, 4 * index));
    return failureOf(() => new FrameReader(() => {}).push(bytes));
  }

  it("refuses a header of a wrong size at once", () => {
    expect(readFailure(MAX_HEADER_BYTES + 1, 0)).toMatchInlineSnapshot(`
      {
        "code": "WINDLASS_FRAME_HEADER_SIZE",
        "hint": "use the same version of Windlass on both sides, and let nothing else write to its socket",
        "message": "the header of a frame must be 1 to 67108864 bytes, got 67108865",
      }
    `);
    expect(readFailure(0, 0).message).toMatchInlineSnapshot(
      `"the header of a frame must be 1 to 67108864 bytes, got 0"`,
    );
  });

  it("refuses too many attachments at once", () => {
    expect(readFailure(1, MAX_ATTACHMENTS + 1)).toMatchInlineSnapshot(`
      {
        "code": "WINDLASS_FRAME_ATTACHMENT_COUNT",
        "hint": "use the same version of Windlass on both sides, and let nothing else write to its socket",
        "message": "a frame must have at most 65536 attachments, got 65537",
      }
    `);
  });

  it("refuses an attachment that is too large at once", () => {
    expect(readFailure(1, 1, MAX_ATTACHMENT_BYTES + 1)).toMatchInlineSnapshot(`
      {
        "code": "WINDLASS_FRAME_ATTACHMENT_SIZE",
        "hint": "use the same version of Windlass on both sides, and let nothing else write to its socket",
        "message": "an attachment of a frame must be at most 1073741824 bytes, got 1073741825",
      }
    `);
  });

  it("refuses a header that is not UTF-8", () => {
    const bytes = Buffer.of(1, 0, 0, 0, 0, 0, 0, 0, 0x80);

    expect(failureOf(() => new FrameReader(() => {}).push(bytes))).toMatchInlineSnapshot(`
      {
        "code": "WINDLASS_FRAME_NOT_UTF8",
        "hint": "use the same version of Windlass on both sides, and let nothing else write to its socket",
        "message": "the header of a frame is not UTF-8",
      }
    `);
  });

  it("refuses an end in the middle of a frame", () => {
    const reader = new FrameReader(() => {});
    reader.push(Buffer.of(1, 0));

    expect(failureOf(() => reader.end())).toMatchInlineSnapshot(`
      {
        "code": "WINDLASS_FRAME_TRUNCATED",
        "hint": "look at why the process at the other end stopped",
        "message": "the stream ended in the middle of a frame",
      }
    `);
  });

  it("stays failed after an error, of its own or of the handler", () => {
    const reader = new FrameReader(() => {
      throw new TypeError("handler");
    });

    expect(() => reader.push(encodeAll([{ header: "x", attachments: [] }]))).toThrow("handler");
    expect(() => reader.push(Buffer.of())).toThrow("handler");
    expect(() => reader.end()).toThrow("handler");
  });
});

describe("encodeFrame", () => {
  it("refuses a header that is too large or empty", () => {
    const header = "x".repeat(MAX_HEADER_BYTES + 1);

    expect(failureOf(() => encodeFrame(header))).toMatchInlineSnapshot(`
      {
        "code": "WINDLASS_FRAME_HEADER_SIZE",
        "hint": "send less at a time, large data as a Uint8Array or by way of a file",
        "message": "the header of a frame must be 1 to 67108864 bytes, got 67108865",
      }
    `);
    expect(failureOf(() => encodeFrame("")).code).toBe("WINDLASS_FRAME_HEADER_SIZE");
    expect(() => encodeFrame("")).toThrow(RequestSizeError);
  });

  it("refuses too many attachments", () => {
    const attachments = new Array(MAX_ATTACHMENTS + 1).fill(new Uint8Array(0));

    expect(failureOf(() => encodeFrame("x", attachments)).code).toBe(
      "WINDLASS_FRAME_ATTACHMENT_COUNT",
    );
  });

  it("refuses an attachment that is too large", () => {
    // Stands in for a gibibyte of memory: only its length is looked at.
    const huge = { byteLength: MAX_ATTACHMENT_BYTES + 1 } as Uint8Array;

    expect(failureOf(() => encodeFrame("x", [huge])).code).toBe("WINDLASS_FRAME_ATTACHMENT_SIZE");
  });
});
