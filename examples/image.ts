// npx windlass run examples/image.ts --frames 24
import { App, Image } from "windlass";
import { z } from "zod";

/** What the containers need besides this file. Each step is a layer, built once until it or one before it changes. */
const image = Image.debianSlim({ node: "24" })
  .aptInstall("ffmpeg")
  .npmInstall("sharp@0.34.4")
  .env({ TZ: "Europe/Rome" })
  .runCommands("mkdir -p /var/cache/frames");

/** The image is that of all functions of the app, except where they have their own. */
export const app = new App("image", { image });

export const describe = app.function("describe", (frame: number) => {
  return `frame ${frame} on Node ${process.versions.node.split(".")[0]}`;
});

/** Its image has all layers of the other one, and one more. */
const withFonts = image.aptInstall("fonts-dejavu-core");

export const caption = app.function("caption", { image: withFonts }, (frame: number) => {
  return `caption of frame ${frame}`;
});

const args = z.object({ frames: z.int().default(3) });

/** On this machine images are not built: functions find what is installed here, and a notice says so. */
export const main = app.entrypoint("main", { args }, async ({ frames }) => {
  for await (const line of describe.map(Array.from({ length: frames }).keys())) console.log(line);
  console.log(await caption.remote(frames));
});
