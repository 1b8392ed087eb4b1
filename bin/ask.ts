/** Where a question is put and answered. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Asks on a terminal; no, where it is closed. */
export async function isYes(question: string, { input, output }: Terminal): Promise<boolean> {
  // Loaded here: hardly any command asks.
  const { createInterface } = await import("node:readline/promises");
  const lines = createInterface({ input, output });
  try {
    // A terminal that is closed answers nothing.
    const closed = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
    const answer = await Promise.race([lines.question(question), closed]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
