import { Image } from "./image.ts";

/** The image of functions that have none, neither their own nor that of the App. */
export const DEFAULT_IMAGE: Image = Image.debianSlim();
