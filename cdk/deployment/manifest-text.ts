/** A manifest with holes, and the values for them in their order. */
export interface ManifestTemplate {
  readonly text: string;
  readonly values: readonly string[];
}

const TOKEN: RegExp = /\$\{Token\[[^\]]*\]\}|\$\{/g;
const HOLE: RegExp = /\$\{!|\$\{(\d+)\}/g;

/** Takes out of a text what only a deployment knows: tokens of the CDK. Each value is listed once. */
export function cutManifest(text: string): ManifestTemplate {
  const holes = new Map<string, number>();
  const cut = text.replaceAll(TOKEN, (match) => {
    // A "${" of the user's is not a hole.
    if (match === "${") return "${!";
    const hole = holes.get(match) ?? holes.size;
    holes.set(match, hole);
    return `\${${hole}}`;
  });
  return { text: cut, values: [...holes.keys()] };
}

/** The text with its holes filled. Values stand within strings of JSON. */
export function fillManifest(text: string, values: readonly string[]): string {
  return text.replaceAll(HOLE, (_, hole: string | undefined) =>
    hole === undefined ? "${" : JSON.stringify(values[Number(hole)] ?? "").slice(1, -1),
  );
}
