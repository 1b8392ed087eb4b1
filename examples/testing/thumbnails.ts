// An app as you may have it; thumbnails.test.ts beside it tests it without containers.
import { App, Dict, enter, Retries } from "windlass";

export const app = new App("thumbnails");

const done = Dict.fromName<string>("thumbnails", { createIfMissing: true });

/** Finds what is on a picture: its model takes a GPU and a minute to load. */
export const Detector = app.cls(
  "Detector",
  { gpu: "L4", maxContainers: 2 },
  class {
    #labels: readonly string[] = [];

    async [enter]() {
      this.#labels = await downloadModel();
    }
    detect(url: string) {
      return this.#labels.filter((label) => url.includes(label));
    }
  },
);

export const resize = app.function(
  "resize",
  {
    retries: new Retries({ maxRetries: 3, initialDelaySeconds: 2, backoffCoefficient: 3 }),
    timeoutSeconds: 120,
  },
  async (url: string, width = 320) => {
    const response = await fetch(url, { method: "HEAD" });
    if (!response.ok) throw new Error(`${url}: ${response.status}`);
    return `${url}?w=${width}`;
  },
);

/** Makes the thumbnails of pictures that have none, and says what is on them. */
export const process = app.function("process", async (urls: readonly string[]) => {
  const detector = new Detector();
  const rows = [];
  for (const url of urls) {
    const known = await done.get(url);
    const thumbnail = known ?? (await resize.remote(url));
    if (known === undefined) await done.put(url, thumbnail);
    rows.push({ url, thumbnail, labels: await detector.detect.remote(url) });
  }
  return rows;
});

async function downloadModel(): Promise<readonly string[]> {
  const response = await fetch("https://models.example.com/labels.json");
  return (await response.json()) as string[]; // By the model's makers.
}
