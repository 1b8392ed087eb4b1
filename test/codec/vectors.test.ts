import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodePage } from "../../lib/codec/decode.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { encodeFrame, FrameReader } from "../../lib/protocol.ts";
import { packValue, unpackValue } from "../../lib/storage/packed-value.ts";
import { failureOf, root } from "./round-trip.ts";
import { VECTOR_VALUES } from "./vector-values.ts";

interface Vectors {
  readonly pages: readonly {
    readonly name: string;
    readonly describes: string;
    readonly text: string;
    readonly tagged: boolean;
    readonly attachmentsBase64: readonly string[];
    readonly flat?: { readonly text: string; readonly tagged: boolean };
  }[];
  readonly hostilePages: readonly {
    readonly name: string;
    readonly code: string;
    readonly text?: string;
    readonly textParts?: readonly (readonly [string, number])[];
    readonly tagged: boolean;
    readonly attachmentsBase64: readonly string[];
  }[];
  readonly frames: readonly {
    readonly name: string;
    readonly hex: string;
    readonly header: string;
    readonly attachmentsBase64: readonly string[];
  }[];
  readonly hostileFrames: readonly {
    readonly name: string;
    readonly code: string;
    readonly hex: string;
  }[];
  readonly stored: readonly {
    readonly name: string;
    readonly text: string;
    readonly tagged: boolean;
    readonly attachmentsBase64: readonly string[];
    readonly hex: string;
  }[];
  readonly hostileStored: readonly {
    readonly name: string;
    readonly code: string;
    readonly hex: string;
  }[];
}

const vectors: Vectors = JSON.parse(
  readFileSync(new URL("../vectors/wire.json", import.meta.url), "utf8"),
);

function toBytes(encoded: readonly string[]): Uint8Array[] {
  return encoded.map((bytes) => new Uint8Array(Buffer.from(bytes, "base64")));
}

describe("the wire vectors", () => {
  it.each(vectors.pages)("of the page $name decode and encode alike", (vector) => {
    const { text, tagged } = vector;
    const attachments = toBytes(vector.attachmentsBase64);

    const values = decodePage({ text, tagged, attachments });

    expect(values).toStrictEqual(VECTOR_VALUES[vector.name]);
    const again = { ...(vector.flat ?? { text, tagged }), attachments };
    expect(encodePage(values, root)).toStrictEqual(again);
    expect(encodePage(VECTOR_VALUES[vector.name] ?? [], root)).toStrictEqual(again);
  });

  it.each(vectors.hostilePages)("of the hostile page $name fail with $code", (vector) => {
    const parts = vector.textParts ?? [[vector.text ?? "", 1]];
    const text = parts.map(([piece, times]) => piece.repeat(times)).join("");
    const page = { text, tagged: vector.tagged, attachments: toBytes(vector.attachmentsBase64) };

    expect(failureOf(() => decodePage(page)).code).toBe(vector.code);
  });

  it.each(vectors.frames)("of the frame $name read and encode alike", (vector) => {
    const bytes = Buffer.from(vector.hex, "hex");
    const attachments = toBytes(vector.attachmentsBase64);
    const frames: unknown[] = [];
    const reader = new FrameReader((header, received) =>
      frames.push([header, received.map((item) => new Uint8Array(item))]),
    );

    reader.push(bytes);
    for (const byte of bytes) reader.push(Uint8Array.of(byte));
    reader.end();

    expect(frames).toStrictEqual([
      [vector.header, attachments],
      [vector.header, attachments],
    ]);
    expect(Buffer.concat(encodeFrame(vector.header, attachments))).toStrictEqual(bytes);
  });

  it.each(vectors.hostileFrames)("of the hostile frame $name fail with $code", (vector) => {
    const bytes = Buffer.from(vector.hex, "hex");
    const read = (chunks: readonly Uint8Array[]): unknown => {
      const reader = new FrameReader(() => {});
      for (const chunk of chunks) reader.push(chunk);
      return reader.end();
    };

    expect(failureOf(() => read([bytes])).code).toBe(vector.code);
    expect(failureOf(() => read(Array.from(bytes, (byte) => Uint8Array.of(byte)))).code).toBe(
      vector.code,
    );
  });

  it.each(vectors.stored)("of the stored value $name pack and unpack alike", (vector) => {
    const { text, tagged, hex } = vector;
    const [value] = decodePage({ text, tagged, attachments: toBytes(vector.attachmentsBase64) });

    expect(packValue(value, () => "value").toString("hex")).toBe(hex);
    expect(unpackValue(Buffer.from(hex, "hex"))).toStrictEqual(value);
  });

  it.each(vectors.hostileStored)("of the stored value $name fail", ({ hex, code }) => {
    expect(failureOf(() => unpackValue(Buffer.from(hex, "hex")))).toMatchObject({ code });
  });
});
