import { Image } from "./image.ts";

/** The image of functions that have none, neither their own nor that of the App. */
export const DEFAULT_IMAGE: Image = Image.debianSlim();

/** The same for functions that are written in Python. */
export const DEFAULT_PYTHON_IMAGE: Image = Image.debianSlim({ python: "3.13" });
