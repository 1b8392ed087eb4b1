import type { Definition } from "../definition.ts";
import type { Image } from "../image/image.ts";
import { show } from "../options/show.ts";
import type { Violation } from "../options/violation.ts";

/** That the image of a Python function has Python, so far as its steps tell. */
export function checkPythonImage({ name, kind }: Definition, image: Image): Violation[] {
  if (image.python !== null) return [];
  const subject = `${kind === "cls" ? "class" : "function"} ${show(name)}`;
  return [
    {
      code: "WINDLASS_PYTHON_NOT_IN_IMAGE",
      message: `${subject} is written in Python, which its image on ${image.base} does not have`,
      hint: 'begin the image with `Image.debianSlim({ python: "3.13" })`, or leave `image` out',
    },
  ];
}
