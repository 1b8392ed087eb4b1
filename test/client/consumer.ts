/** A program of its own that calls the app of MEDIA_PROJECT by its client. */
export const CONSUMER: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify({ name: "consumer", private: true, type: "module" }),
  "tsconfig.json": JSON.stringify({
    compilerOptions: {
      target: "ES2023",
      lib: ["ES2023", "ESNext.Disposable"],
      module: "NodeNext",
      types: ["node"],
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
    },
    include: ["*.ts"],
  }),
  "calls.ts": `
    import { clientAt, colour, first, hidden, lengths, Llm, order, over, point, resize, rows, runJob, stream, tagged, transcribe, tree } from "@acme/media";
    import type { Job, Mode, UserId } from "@acme/media";

    type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
    const same = <A, B>(_: Same<A, B>): void => {};
    const id = "u" as UserId;
    const job: Job<Uint8Array> = { id, payload: new Uint8Array(1), children: [], mode: "good" };

    export async function calls(): Promise<void> {
      const small = await resize.remote("a.png");
      same<typeof small, { url: string; width: number; code: string }>(true);
      // @ts-expect-error: width is a number
      await resize.remote("a.png", "wide");
      const ran = await runJob.remote(job);
      same<typeof ran.mode, Mode>(true);
      // @ts-expect-error: a user's id is branded
      await colour.remote("plain");
      same<Awaited<ReturnType<typeof colour.remote>>["colour"], "red" | "green">(true);
      const ordered = await order.remote({ n: 1, at: new Date(0) });
      same<typeof ordered.total, number>(true);
      same<typeof ordered.at, Date>(true);
      same<Awaited<ReturnType<typeof hidden.remote>>["secret"], number>(true);
      for await (const { at } of stream.remoteGen(3)) same<typeof at, number>(true);
      for await (const length of lengths.map(["a"])) same<typeof length, number>(true);
      const call = await tree.spawn([{ id, payload: new Date(0), children: [] }]);
      same<Awaited<ReturnType<typeof call.get>>["value"]["payload"], Date>(true);
      const llm = new Llm({ model: "small" });
      same<Parameters<typeof llm.generate.remote>[1], { temperature?: number | undefined } | undefined>(true);
      // @ts-expect-error: it needs its model
      new Llm({});
      const { text } = await transcribe.remote(new Uint8Array(1), "de");
      same<typeof text, string>(true);
      same<Awaited<ReturnType<typeof point.remote>>["x"], number>(true);
      same<Awaited<ReturnType<typeof first.remote>>, UserId>(true);
      same<Awaited<ReturnType<typeof rows.remote>>[string]["of"], "ours">(true);
      same<Awaited<ReturnType<typeof tagged.remote>> extends string ? true : false, true>(true);
      // @ts-expect-error: a tag is branded by zod
      await tagged.remote("plain");
      await over.remote(1);
      const elsewhere = clientAt({ app: "media-dev", region: "eu-central-1" });
      same<typeof elsewhere.resize, typeof resize>(true);
      // @ts-expect-error: it runs elsewhere
      resize.local;
    }
  `,
  "lambda.ts": `
    import { Llm, resize } from "@acme/media";

    export async function handler({ url }: { url: string }): Promise<{ statusCode: number; body: string }> {
      const small = await resize.remote(url, 64);
      const told = await new Llm({ model: "small" }).generate.remote(small.url);
      return { statusCode: 200, body: JSON.stringify(told) };
    }
  `,
  "lambda-test.mjs": `
    import { resize } from "@acme/media";
    import { fakeApp, testApp } from "windlass/testing";
    import { handler } from "./out/lambda.mjs";

    const media = await testApp(fakeApp("media", {
      functions: { resize: (url, width) => ({ url, width, code: "" }) },
      classes: { Llm: ({ model }) => ({ generate: (prompt) => \`fake \${model} \${prompt}\` }) },
    }));
    const answer = await handler({ url: "a.png" });
    console.log(JSON.stringify({ ...answer, calls: media.calls(resize).map(({ args }) => args) }));
    await media.close();
  `,
};
