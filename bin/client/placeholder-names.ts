import type ts from "typescript";

/**
 * Names of what is declared or imported. They are chosen when all are known, so that none hides one of the language that
 * is meant elsewhere; until then a placeholder stands for each.
 */
export class PlaceholderNames {
  readonly #symbols: { readonly symbol: ts.Symbol; readonly wanted: string }[] = [];
  readonly #taken: Set<string>;

  /** @param taken - names that have another meaning */
  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  /** What stands for the name of a symbol. */
  of(symbol: ts.Symbol): string {
    let at = this.#symbols.findIndex((one) => one.symbol === symbol);
    if (at === -1) at = this.#symbols.push({ symbol, wanted: symbol.name }) - 1;
    return `WindlassPlaceholder${at}`;
  }

  /** A name of the language is meant: nothing else may have it. */
  reserve(name: string): void {
    this.#taken.add(name);
  }

  /** Text with the names in place. */
  resolve(text: string): string {
    const taken = new Set(this.#taken);
    const names = this.#symbols.map(({ wanted }) => {
      const base = /^[A-Za-z_$][\w$]*$/.test(wanted) && wanted !== "default" ? wanted : "Type";
      let name = base;
      for (let count = 1; taken.has(name); count += 1) name = `${base}_${count}`;
      taken.add(name);
      return name;
    });
    return text.replace(/WindlassPlaceholder(\d+)/g, (_, at: string) => names[Number(at)] ?? "");
  }
}
