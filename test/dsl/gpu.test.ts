import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { App, resolveSpec } from "windlass";
import { errorOf, optionMistakes } from "./mistake.ts";

const NAMES = [
  ...["T4", "L4", "A10", "A10G", "L40S", "RTX-PRO-6000", "A100", "A100-40GB", "A100-80GB"],
  ...["H100", "H100!", "H200", "B200", "B200+", "B300", "any"],
];

/** What a function asks for, once it is resolved. */
function resolved(gpu: string | readonly string[]): readonly string[] {
  const app = new App("media");
  app.function("train", { gpu }, () => 1);
  return resolveSpec(app).functions[0]?.gpu ?? [];
}

describe("gpu", () => {
  const name = fc.constantFrom(...NAMES);
  const count = fc.integer({ min: 1, max: 8 });

  /** The same letters, in any case. */
  const anyCase = (text: string): fc.Arbitrary<string> =>
    fc
      .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
      .map((upper) =>
        [...text]
          .map((letter, index) => (upper[index] ? letter.toUpperCase() : letter.toLowerCase()))
          .join(""),
      );

  it("takes every name in any case, with a count from 1 to 8, and spells it as usual", () => {
    const written = name.chain((known) => fc.tuple(fc.constant(known), anyCase(known), count));
    fc.assert(
      fc.property(written, ([known, text, n]) => {
        expect(resolved(`${text}:${n}`)).toEqual([n === 1 ? known : `${known}:${n}`]);
        expect(resolved(text)).toEqual([known]);
      }),
    );
  });

  it("keeps the order of a list, and reads what it has spelled", () => {
    const list = fc.array(
      fc.tuple(name, count).map(([known, n]) => (n === 1 ? known : `${known}:${n}`)),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(list, (wishes) => {
        expect(resolved(wishes)).toEqual(wishes);
      }),
    );
  });

  it("refuses every other text with one of two codes, never with something else", () => {
    const valid =
      /^(t4|l4|a10g?|l40s|rtx-pro-6000|a100(-[48]0gb)?|h100!?|h200|b200\+?|b300|any)(:[1-8])?$/i;
    const near = fc
      .tuple(name, fc.constantFrom("", ":", ":0", ":9", ":01", ":1.0", ": 1", "G", " ", ":2:2"))
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.oneof(fc.string(), near), (text) => {
        fc.pre(!valid.test(text));
        expect(errorOf(() => resolved(text)).code).toMatch(
          /^WINDLASS_(UNKNOWN_GPU|INVALID_GPU_COUNT)$/,
        );
      }),
    );
  });

  it.each([
    ["H1000", "H100"],
    ["h100-80gb", "H100"],
    ["A100-80", "A100-80GB"],
    ["a100_80gb", "A100-80GB"],
    ["L40", "L40S"],
    ["L4S", "L4"],
    ["RTX6000", "RTX-PRO-6000"],
    ["rtx pro 6000", "RTX-PRO-6000"],
    ["B200A:2", "B200"],
    ["ANYTHING", "any"],
  ])("says that the nearest to %s is %s", (wrong, right) => {
    const { message, hint } = errorOf(() => resolved(wrong));
    expect(hint).toContain(`the nearest is "${right}"`);
    for (const known of NAMES) expect(message).toContain(known);
  });
});

describe("spot", () => {
  const spotOf = (options: object): string | undefined => {
    const app = new App("media");
    app.function("train", options, () => 1);
    app.cls(
      "Model",
      options,
      class {
        run() {}
      },
    );
    const [first, second] = resolveSpec(app).functions;
    expect(first?.spot).toBe(second?.spot);
    return first?.spot;
  };

  it("is preferred, unless a function says otherwise or is not to be preempted", () => {
    expect(spotOf({})).toBe("prefer");
    expect(spotOf({ gpu: "L4" })).toBe("prefer");
    expect(spotOf({ spot: "require" })).toBe("require");
    expect(spotOf({ spot: "never", gpu: "L4" })).toBe("never");
    expect(spotOf({ nonpreemptible: true })).toBe("never");
    expect(spotOf({ nonpreemptible: true, spot: "never" })).toBe("never");
  });

  test("is one of three words, and does not go with `nonpreemptible`", () => {
    expect(
      optionMistakes(
        { spot: "always" },
        { spot: true },
        { spot: "prefer", nonpreemptible: true },
        { preemptible: true },
      ),
    ).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_INVALID_SPOT
      \`spot\` of function "resize" must be "prefer", "require" or "never", got "always"
      hint: leave it out for "prefer": spot instances first, on demand where there are none

      InvalidError WINDLASS_INVALID_SPOT
      \`spot\` of function "resize" must be "prefer", "require" or "never", got true
      hint: leave it out for "prefer": spot instances first, on demand where there are none

      InvalidError WINDLASS_NONPREEMPTIBLE_SPOT
      \`nonpreemptible\` of function "resize" does not go with \`spot: "prefer"\`: EC2 takes spot instances back
      hint: remove one of them

      InvalidError WINDLASS_OPTION_RENAMED
      \`preemptible\` is not an option of function "resize": it is \`spot\`
      hint: use \`spot\` instead"
    `);
  });
});
