/** Writes a line on a page of the notebook of the test. */
export async function note(page: string, line: string): Promise<void> {
  await fetch(page, { method: "POST", body: line });
}

/** Resolves once a page has this line; `signal` ends the wait. */
export async function seen(page: string, line: string, signal?: AbortSignal): Promise<void> {
  await fetch(`${page}?line=${encodeURIComponent(line)}`, { signal: signal ?? null });
}

/** The lines of a page. */
export async function lines(page: string): Promise<string[]> {
  const response = await fetch(page);
  return (await response.json()) as string[]; // Written by the notebook.
}
