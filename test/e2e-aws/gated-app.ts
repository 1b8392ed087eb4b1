import { App } from "windlass";

/** An input that runs until an object is there. */
interface GatedInput {
  readonly index: number;
  /** Bucket and key of the object. */
  readonly gate: string;
}

export const app = new App("gated");

app.function("gated", { maxContainers: 3 }, async ({ index, gate }: GatedInput) => {
  const url = `${process.env["AWS_ENDPOINT_URL"]}/${gate}`;
  while (!(await fetch(url)).ok) await new Promise((resolve) => setTimeout(resolve, 250));
  return `${index} ${process.env["WINDLASS_CONTAINER_ID"]}`;
});
