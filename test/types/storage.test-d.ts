import { describe, expectTypeOf, test } from "vitest";
import { App, CloudBucketMount, Dict, Queue, Secret, Volume } from "windlass";

interface Page {
  readonly title: string;
}
const pages = Dict.fromName<Page>("pages");
const anything = Dict.fromName("anything");
const jobs = Queue.fromName<Page>("jobs");

describe("a dict", () => {
  test("has values of its type, and undefined or a fallback where there is none", () => {
    expectTypeOf(pages.get("a")).resolves.toEqualTypeOf<Page | undefined>();
    expectTypeOf(pages.get("a", 0)).resolves.toEqualTypeOf<Page | number>();
    expectTypeOf(pages.pop("a")).resolves.toEqualTypeOf<Page>();
    expectTypeOf(pages.pop("a", null)).resolves.toEqualTypeOf<Page | null>();
    expectTypeOf(anything.get("a")).resolves.toEqualTypeOf<unknown>();
    expectTypeOf(pages.items()).toEqualTypeOf<AsyncGenerator<[key: string, value: Page], void>>();
  });

  test("takes keys that are strings and values of its type", () => {
    // @ts-expect-error keys are strings
    void pages.put(1, { title: "a" });
    // @ts-expect-error it lacks a title
    void pages.put("a", {});
    void pages.update({ a: { title: "a" } });
    void pages.update(new Map([["a", { title: "a" }]]));
    // @ts-expect-error it lacks a title
    void pages.update({ a: {} });
  });

  test("is changed by what takes and gives its values", () => {
    const counts = Dict.fromName<number>("counts");
    expectTypeOf(counts.modify("a", (before = 0) => before + 1)).resolves.toEqualTypeOf<number>();
    // @ts-expect-error a text is no number
    void counts.modify("a", () => "1");
  });
});

test("a queue has items of its type", () => {
  expectTypeOf(jobs.get()).resolves.toEqualTypeOf<Page>();
  expectTypeOf(jobs.getMany(2)).resolves.toEqualTypeOf<Page[]>();
  expectTypeOf(jobs.iterate()).toEqualTypeOf<AsyncGenerator<Page, void>>();
  // @ts-expect-error it lacks a title
  void jobs.put({});
  // @ts-expect-error a partition or all of them
  void jobs.len({ partition: "a", total: true });
});

test("an app takes secrets, and a function names what it uses", () => {
  const app = new App("types-storage", { secrets: [Secret.fromDict({ A: "1", B: null })] });
  app.function("f", { secrets: [Secret.fromName("s")], uses: [pages, jobs, "f"] }, () => 1);
  // @ts-expect-error its name is not enough
  app.function("g", { secrets: ["s"] }, () => 1);
});

test("paths have volumes and buckets, however they are mounted", () => {
  const files = Volume.fromName("files");
  const corpus = new CloudBucketMount({ bucketName: "corpus" });
  const app = new App("types-mounts", { volumes: { "/files": files } });
  const f = app.function("f", { volumes: { "/corpus": corpus } }, () => 1);
  f.withOptions({ volumes: { "/files": files.withMountOptions({ readOnly: true }) } });
  expectTypeOf(corpus.path).toEqualTypeOf<string>();
  // @ts-expect-error a dict is no folder
  app.function("g", { volumes: { "/pages": pages } }, () => 1);
  // @ts-expect-error its name is not enough
  app.function("h", { volumes: { "/files": "files" } }, () => 1);
});
