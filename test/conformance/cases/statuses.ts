import { expect } from "vitest";
import type { InputInfo } from "windlass";
import { failure, on } from "../case.ts";

const ROW = "calls.status";

/** What a graph is about, without its ids. */
function outline({ functionName, status, children }: InputInfo): unknown {
  return [functionName, status, ...children.map(outline)];
}

export const statuses = [
  on(ROW, "inputs say whether they run, wait, or how they ended", async ({ handles, notebook }) => {
    const page = notebook.page();
    const call = await handles.queued.spawnMap([page.url, page.url]);
    await page.has("started");
    const seen = async (): Promise<readonly string[]> =>
      (await call.inputs()).map(({ status }) => status);
    while (!(await seen()).includes("RUNNING")) await new Promise((next) => setTimeout(next, 50));
    expect([...(await seen())].sort()).toEqual(["PENDING", "RUNNING"]);
    page.write("go");
    for (let index = 0; index < 2; index += 1) await call.get({ index });
    const inputs = await call.inputs();
    expect(inputs.map(({ status, index, attempts }) => [index, status, attempts])).toEqual([
      [0, "SUCCESS", 1],
      [1, "SUCCESS", 1],
    ]);
    expect(inputs[0]?.containerId).toMatch(/^ct-/);
    expect(inputs[0]?.inputId).toBe(`${call.id.replace("fc-", "in-")}.0`);
  }),

  on(ROW, "inputs that failed, ran too long or were cancelled say so", async (backend) => {
    const { handles, notebook } = backend;
    const failed = await handles.noThrees.spawnMap([1, 3]);
    const page = notebook.page();
    const cancelled = await handles.waiting.spawn({ page: page.url, value: 1, line: "never" });
    await page.has("started 1");
    await cancelled.cancel();
    await failure(failed.get({ index: 1 }));
    await failed.get();
    expect((await failed.inputs()).map(({ status }) => status)).toEqual(["SUCCESS", "FAILURE"]);
    expect((await cancelled.inputs()).map(({ status }) => status)).toEqual(["TERMINATED"]);
  }),

  on(ROW, "attempts are counted", async ({ handles, notebook }) => {
    const page = notebook.page();
    const call = await handles.retriedSlowly.spawn({ page: page.url, fails: 1 });
    await call.get();
    expect((await call.inputs()).map(({ attempts }) => attempts)).toEqual([2]);
    expect((await call.report()).retries).toBe(1);
  }),

  on(ROW, "graph says who called whom, to any process", async (backend) => {
    const { handles, notebook, otherProcess } = backend;
    const page = notebook.page();
    const call = await handles.ordering.spawn({ page: page.url });
    await page.has("ordered");
    page.write("go");
    const spawnedId = await call.get();
    const graph = await call.graph();
    expect(graph.map(outline)).toEqual([
      [
        "ordering",
        "SUCCESS",
        ["double", "SUCCESS"],
        ["double", "SUCCESS"],
        ["double", "SUCCESS"],
        ["add", "SUCCESS"],
      ],
    ]);
    const [root] = graph;
    expect(root?.functionCallId).toBe(call.id);
    expect(root?.children.at(-1)?.functionCallId).toBe(spawnedId);
    expect(JSON.parse(await otherProcess("graph", call.id))).toEqual(
      JSON.parse(JSON.stringify(graph)),
    );
  }),

  on(ROW, "a report tells when, where and how long", async ({ handles, notebook }) => {
    const page = notebook.page();
    const call = await handles.ordering.spawn({ page: page.url });
    page.write("go");
    await call.get();
    const report = await call.report();
    expect(report).toMatchObject({
      functionCallId: call.id,
      functionName: "ordering",
      inputs: { SUCCESS: 1 },
      retries: 0,
    });
    expect(report.timeline.filter(({ depth }) => depth === 1).length).toBeGreaterThan(2);
    for (const { startedAt, endedAt = 0, queuedAt } of report.timeline) {
      expect(endedAt).toBeGreaterThanOrEqual(startedAt);
      // Clocks of two machines differ.
      expect(startedAt).toBeGreaterThanOrEqual(queuedAt - 1000);
    }
    expect(report.costUsd).toBeGreaterThanOrEqual(0);
    const html = report.toHtml();
    expect(html).toContain("<svg");
    expect(html).not.toMatch(/<script|src=|href=/);
  }),
];
