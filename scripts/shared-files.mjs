// What entries share, in few files: esbuild by itself cuts it into one for each group of entries that have something of
// it in common, which are fifty for `import "windlass"`.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { build } from "esbuild";

/** Modules by their path: the file that has them, and each export with its name there. */
export class SharedFiles {
  #options;
  #modules = new Map();

  constructor(options) {
    this.#options = options;
  }

  /** Writes one file with all that these entries have in common, in the order of the first, except what an earlier file has. */
  async write(outfile, entry, ...others) {
    const { absWorkingDir: root } = this.#options;
    const loaded = await Promise.all(others.map((other) => this.#loadedBy(other)));
    const common = (await this.#loadedBy(entry)).filter((path) =>
      loaded.every((paths) => paths.includes(path)),
    );
    const names = await this.#exportsOf(common);
    const file = join(root, outfile);
    const added = [...names].map(([path, exports], at) => {
      const shared = exports.map((name) => ({ name, sharedName: `${name}$${at}` }));
      return [path, { file, shared }];
    });
    const contents = added.flatMap(([path, { shared }]) =>
      shared.map(({ name, sharedName }) => `export { ${name} as ${sharedName} } from "${path}";`),
    );
    const stdin = { contents: contents.join("\n"), resolveDir: root };
    const { outputFiles } = await build({
      ...this.#options,
      ...{ stdin, outfile: file, plugins: [this.plugin], write: false },
    });
    this.writeAll(outputFiles);
    for (const [path, module] of added) this.#modules.set(path, module);
  }

  /** A module that a shared file has, as its importers see it. */
  contentsOf(path) {
    const { file, shared } = this.#modules.get(path);
    const names = shared.map(({ name, sharedName }) => `${sharedName} as ${name}`);
    return `export { ${names.join(", ")} } from "shared:${file}";`;
  }

  /** Takes modules from the files that have them. */
  get plugin() {
    return {
      name: "shared-files",
      setup: ({ onResolve, onLoad }) => {
        onResolve({ filter: /^shared:/ }, ({ path }) => ({ path, external: true }));
        onResolve({ filter: /^\..*\.ts$/ }, ({ path, resolveDir, kind }) => {
          const module = join(resolveDir, path);
          const isShared = kind !== "entry-point" && this.#modules.has(module);
          return isShared ? { path: module, namespace: "shared" } : null;
        });
        onLoad({ filter: /./, namespace: "shared" }, ({ path }) => ({
          contents: this.contentsOf(path),
        }));
      },
    };
  }

  /** Writes files that import shared ones, by their way to them. */
  writeAll(files) {
    for (const { path, text } of files) {
      const way = (_, file) => {
        const found = relative(dirname(path), file);
        return `"${found.startsWith(".") ? found : `./${found}`}"`;
      };
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text.replaceAll(/"shared:([^"]+)"/g, way));
    }
  }

  /** The modules that an entry loads at once, itself last. */
  async #loadedBy(entry) {
    const { metafile } = await this.#look({ entryPoints: [entry], splitting: true });
    const loaded = new Set();
    const visit = (path) => {
      const imports = metafile.inputs[path]?.imports ?? [];
      const isSeen = loaded.has(path) || this.#modules.has(this.#absolute(path));
      if (isSeen || metafile.inputs[path] === undefined) return;
      for (const { kind, path: next } of imports) if (kind === "import-statement") visit(next);
      loaded.add(path);
    };
    visit(entry);
    return [...loaded];
  }

  async #exportsOf(entryPoints) {
    const { metafile } = await this.#look({ entryPoints, bundle: false, packages: undefined });
    const outputs = Object.values(metafile.outputs);
    return new Map(outputs.map((one) => [this.#absolute(one.entryPoint), one.exports]));
  }

  #look(options) {
    return build({ ...this.#options, outdir: "dist", ...options, write: false, metafile: true });
  }

  #absolute(path) {
    return join(this.#options.absWorkingDir, path);
  }
}
