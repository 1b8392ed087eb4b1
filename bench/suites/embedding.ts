import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findFiles } from "../../examples/corpus/files.ts";
import { BenchError } from "../bench-error.ts";
import type { Reply } from "../contender.ts";
import { alternate, numberOf, type Suite, type SuiteContext } from "../suite.ts";

const NAMES: ReadonlyMap<string, string> = new Map([
  ["windlass_embedding", "windlass"],
  ["minilm", "loop"],
]);
const TEXTS = 512;
const TEXT_CHARS = 400;
const BATCH = 32;
/** Of the checksums, which add up the same numbers in another order. */
const TOLERANCE = 1e-3;

/** Texts through a real model in batches, in one container; the same model in a loop of Python. */
export const embedding: Suite = {
  name: "embedding",
  async run(context) {
    const { projects, measurements, quick } = context;
    const texts = (await readTexts(projects.repository)).slice(0, quick ? TEXTS / 4 : TEXTS);
    for (const name of NAMES.keys()) {
      const model = join(projects.repository, "examples/python/minilm.py");
      cpSync(model, join(projects.folder(name), "minilm.py"));
    }
    let expected: Reply | undefined;
    await alternate(context, {
      contenders: [...NAMES.keys()],
      workers: 1,
      task: "embed",
      warm: (contender) =>
        contender.send("embed", { texts: texts.slice(0, 2 * BATCH), size: BATCH }),
      async turn(contender) {
        const reply = await contender.send("embed", { texts, size: BATCH });
        expected ??= reply;
        compare(expected, reply);
        const value = texts.length / numberOf(reply, "seconds");
        const name = NAMES.get(contender.name) ?? contender.name;
        measurements.add(name, "throughput", { value, unit: "1/s" });
      },
    });
  },
};

/** Beginnings of Markdown and licence files of the packages that are installed here, all different. */
async function readTexts(repository: SuiteContext["projects"]["repository"]): Promise<string[]> {
  const files = await findFiles(join(repository, "node_modules"));
  // A character of two halves may be cut in two, and tokenizers take no half.
  const heads = files.map(({ path }) =>
    readFileSync(path, "utf8")
      .slice(0, TEXT_CHARS)
      .replace(/[\uD800-\uDBFF]$/, ""),
  );
  const texts = [...new Set(heads)].filter((head) => head.length === TEXT_CHARS);
  if (texts.length === 0) throw new BenchError("there are no Markdown files below node_modules");
  return Array.from({ length: TEXTS }, (_, at) => texts[at % texts.length] ?? "");
}

function compare(expected: Reply, reply: Reply): void {
  const [wanted, got] = [numberOf(expected, "checksum"), numberOf(reply, "checksum")];
  if (Math.abs(wanted - got) <= TOLERANCE * Math.abs(wanted)) return;
  throw new BenchError(`vectors add up to ${got}, the other contender's to ${wanted}`);
}
