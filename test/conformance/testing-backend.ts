import { testApp } from "windlass/testing";
import * as module from "./app.ts";
import type { BackendUnderTest } from "./backend.ts";
import { Notebook } from "./notebook.ts";

/** The app in the process of its tests, in real time: cases wait for each other by the network. */
export async function openTesting(): Promise<BackendUnderTest> {
  const notebook = await Notebook.open("127.0.0.1");
  const kit = await testApp(module.app, { time: "real" });
  return {
    handles: module,
    notebook,
    otherProcess: () => Promise.reject(new RangeError("what a test stores ends with it")),
    async close() {
      await kit.close();
      notebook.close();
    },
  };
}
