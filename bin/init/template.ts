/** What a new project is made from. */
export interface TemplateValues {
  readonly name: string;
  /** Version, path or URL of windlass. */
  readonly windlass: string;
}

/** Files of a new TypeScript project, by name. */
export function projectFiles(values: TemplateValues): Readonly<Record<string, string>> {
  return {
    "package.json": packageJson(values),
    "tsconfig.json": TSCONFIG,
    "app.ts": app(values),
    ".gitignore": "node_modules/\n.windlass/\n",
    "README.md": readme(values),
  };
}

function packageJson({ name, windlass }: TemplateValues): string {
  const content = {
    name,
    private: true,
    type: "module",
    scripts: { start: "windlass run app.ts", check: "tsc" },
    dependencies: { windlass },
    devDependencies: { "@types/node": "^20.19.0", typescript: "^6.0.3" },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

const TSCONFIG = `${JSON.stringify(
  {
    compilerOptions: {
      target: "ES2023",
      lib: ["ES2023", "ESNext.Disposable"],
      module: "NodeNext",
      types: ["node"],
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      skipLibCheck: true,
    },
    include: ["**/*.ts"],
  },
  null,
  2,
)}\n`;

function app({ name }: TemplateValues): string {
  return `import { App } from "windlass";

export const app = new App(${JSON.stringify(name)});

/** Runs in a container: on this machine, a process of its own. */
export const hello = app.function("hello", (name: string) => {
  console.log(\`greeting \${name}\`);
  return \`Hello, \${name}!\`;
});

/** Many inputs fan out over containers. */
export const square = app.function("square", (n: number) => n * n);

/** Runs here, on your machine: \`npx windlass run app.ts\`. */
export const main = app.entrypoint("main", async () => {
  console.log(await hello.remote("world"));

  let sum = 0;
  for await (const result of square.map(Array.from({ length: 1000 }, (_, n) => n))) sum += result;
  console.log(\`The sum of 1000 squares is \${sum}\`);
});
`;
}

function readme({ name }: TemplateValues): string {
  return `# ${name}

\`\`\`sh
npm install
npx windlass run app.ts               # the entrypoint
npx windlass run app.ts::hello Ada    # one function
npx windlass run app.ts::square 12
npm run check                         # types
\`\`\`
`;
}
