import { expect } from "vitest";
import { failure, on } from "../case.ts";

/** Looks until the answer is right; the time of the case bounds it. */
async function until(isRight: () => Promise<boolean>): Promise<void> {
  while (!(await isRight())) await new Promise((resolve) => setTimeout(resolve, 50));
}

export const scaling = [
  on("autoscaling.min", "minContainers are there before anybody calls", async ({ handles }) => {
    await until(async () => (await handles.warm.getCurrentStats()).numTotalRunners === 1);
    expect(await handles.warm.remote()).toBe("warm");
    expect((await handles.warm.getCurrentStats()).numTotalRunners).toBe(1);
  }),

  on(
    "autoscaling.update",
    "updateAutoscaler starts containers, and lets them end",
    async ({ handles }) => {
      const runners = async (): Promise<number> =>
        (await handles.scaled.getCurrentStats()).numTotalRunners;
      expect(await handles.scaled.getCurrentStats()).toEqual({ backlog: 0, numTotalRunners: 0 });
      await handles.scaled.updateAutoscaler({ minContainers: 2 });
      await until(async () => (await runners()) === 2);
      // What is left out stays as it was last set.
      await handles.scaled.updateAutoscaler({ maxContainers: 2 });
      expect(await handles.scaled.remote()).toBe("done");
      expect(await runners()).toBe(2);
      await handles.scaled.updateAutoscaler({ minContainers: 0 });
      await until(async () => (await runners()) === 0);
    },
  ),

  on(
    "autoscaling.update",
    "updateAutoscaler refuses what a definition would",
    async ({ handles }) => {
      const crossed = handles.scaled.updateAutoscaler({ minContainers: 3, maxContainers: 2 });
      expect((await failure(crossed)).code).toBe("WINDLASS_MIN_OVER_MAX_CONTAINERS");
      const wrong = handles.scaled.updateAutoscaler({ scaledownWindowSeconds: 1 });
      expect((await failure(wrong)).code).toBe("WINDLASS_INVALID_SCALEDOWN_WINDOW");
    },
  ),

  on("autoscaling.instance", "an instance scales its own containers alone", async ({ handles }) => {
    const [one, other] = [20, 21].map((start) => new handles.Counter({ start }));
    await one?.updateAutoscaler({ minContainers: 1 });
    await until(async () => (await one?.getCurrentStats())?.numTotalRunners === 1);
    expect(await other?.getCurrentStats()).toEqual({ backlog: 0, numTotalRunners: 0 });
    await one?.updateAutoscaler({ minContainers: 0, scaledownWindowSeconds: 2 });
  }),

  on(
    "autoscaling.out",
    "inputs that wait for each other get containers of their own",
    async ({ handles, notebook }) => {
      const { url } = notebook.page();
      const inputs = [
        { page: url, says: "first", hears: "second" },
        { page: url, says: "second", hears: "first" },
      ];
      const ids = await handles.meets.map(inputs).toArray();
      expect(new Set(ids).size).toBe(2);
    },
  ),
];
