/** A project whose app has types of all kinds, from several files and a package. */
export const MEDIA_PROJECT: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify({ name: "media-project", type: "module" }),
  "tsconfig.json": JSON.stringify({
    compilerOptions: {
      target: "ES2023",
      lib: ["ES2023", "ESNext.Disposable"],
      module: "NodeNext",
      types: ["node"],
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
    },
  }),
  "types.ts": `
    export interface Base { readonly id: UserId }
    /** What is resized. */
    export interface Job<Payload = string> extends Base {
      payload: Payload;
      mode?: Mode;
      note?: string | undefined;
      children: Job<Payload>[];
      [extra: \`x-\${string}\`]: unknown;
    }
    export type Mode = "fast" | "good";
    declare const brand: unique symbol;
    export type UserId = string & { readonly [brand]: "user" };
    export enum Colour { Red = "red", Green = "green" }
    export class Point { constructor(readonly x: number, private y: number) {} norm(): number { return this.x + this.y; } }
    export type Tree<T> = { readonly value: T; readonly left?: Tree<T>; readonly right?: Tree<T> };
    export interface Record { readonly at: Date; readonly of: "ours" }
  `,
  "helpers.ts": `
    import { Colour, type Job, type Tree, type UserId } from "./types.ts";
    interface Hidden { readonly secret: number }
    export function hide(secret: number): Hidden { return { secret }; }
    export function toTree(jobs: Job<Date>[]): Tree<Job<Date>> { return { value: jobs[0]! }; }
    export const colourOf = (id: UserId) => (id === "" ? Colour.Red : Colour.Green);
    export const code = "CODE THAT STAYS AT HOME";
  `,
  "app.ts": `
    import { App, enter } from "windlass";
    import { z } from "zod";
    import { code, colourOf, hide, toTree } from "./helpers.ts";
    import { Colour, type Job, type Mode, Point, type Record as Row, type UserId } from "./types.ts";

    export const app = new App("media");
    const Order = z.object({ n: z.number(), tags: z.array(z.string()).optional(), at: z.coerce.date() });
    type Order = z.infer<typeof Order>;

    /** Makes a picture smaller. */
    export const resize = app.function("resize", async (url: string, width = 100) => ({ url, width, code }));
    export const run = app.function("run-job", (job: Job<Uint8Array>, mode: Mode = "fast") => ({ job, mode }));
    export const order = app.function("order", (order: Order) => ({ ...order, total: order.n * 2 }));
    const notExported = app.function("tree", (jobs: Job<Date>[]) => toTree(jobs));
    export const hidden = app.function("hidden", (n: number) => hide(n));
    export const colour = app.function("colour", (id: UserId, wanted?: Colour) => ({ colour: colourOf(id), wanted }));
    export const rows = app.function("rows", (row: Row): Record<string, Row> => ({ a: row }));
    export const point = app.function("point", () => new Point(1, 2));
    export const bytes = app.function("bytes", (data: Buffer, when: Map<string, Set<Date>>) => new Uint8Array(data));
    export const stream = app.function("stream", async function* (to: number): AsyncGenerator<{ readonly at: number }> {
      for (let at = 0; at < to; at += 1) yield { at };
    });
    export const lengths = app.function("lengths", { batch: { maxSize: 4, waitMs: 10 } }, (texts: string[]) => texts.map((t) => t.length));
    function either(value: string): string;
    function either(value: number): number;
    function either(value: string | number) { return value; }
    export const over = app.function("over", either);
    export const generic = app.function("generic", <T extends Mode>(mode: T, keys: readonly (keyof Job)[]) => ({ mode, keys }));
    export const first = app.function("first", (pair: readonly [id: UserId, size?: number, ...rest: bigint[]]) => pair[0]);
    export const Llm = app.cls(
      "Llm",
      class {
        readonly #model: string;
        constructor({ model }: { model: string; size?: Mode }) { this.#model = model; }
        [enter]() {}
        generate(prompt: string, { temperature = 1 }: { temperature?: number } = {}) { return this.#model + prompt + temperature; }
        *tokens(prompt: string) { yield* prompt; }
      },
    );
    export const transcribe = app.python<(audio: Uint8Array, language?: "en" | "de") => { text: string }>("transcribe", { handler: "whisper.py:transcribe" });
    const Tag = z.string().brand<"Tag">();
    const Folder = z.object({ name: z.string(), get folders() { return z.array(Folder); } });
    export const tagged = app.function("tagged", (tag: z.infer<typeof Tag>) => tag);
    export const folder = app.function("folder", (root: z.infer<typeof Folder>) => root.name);
    for (const name of ["dynamic"]) app.function(name, (x: number) => x);
    void notExported;
  `,
  "whisper.py": "def transcribe(audio, language='en'):\n    return {'text': ''}\n",
};
