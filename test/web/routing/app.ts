import { createServer } from "node:http";
import { App } from "windlass";
import { z } from "zod";

export const app = new App("routing");

const id = (): string => process.env["WINDLASS_CONTAINER_ID"] ?? "";
const many = { concurrency: { maxInputs: 10 } };

app.cls(
  "Sized",
  {
    params: z.object({
      size: z.number().int().max(5).default(1),
      isWide: z.boolean().optional(),
      tags: z.array(z.string()).optional(),
    }),
    endpoints: {
      show: { query: z.object({ q: z.string().optional() }) },
      take: { method: "POST" },
    },
    ...many,
  },
  class {
    readonly #params: object;

    constructor(params: { readonly size: number }) {
      this.#params = params;
    }

    show(query?: object) {
      return { params: this.#params, query, id: id() };
    }

    take({ text }: { readonly text: string }) {
      return { params: this.#params, length: text.length };
    }
  },
);

app.cls(
  "Named",
  { params: z.object({ name: z.string().min(2) }), webApp: "open" },
  class {
    readonly #name: string;

    constructor({ name }: { readonly name: string }) {
      this.#name = name;
    }

    open() {
      return (request: Request) => new Response(`${this.#name} ${new URL(request.url).search}`);
    }
  },
);

app.pythonCls("Python", {
  handler: "routing.py:Scaled",
  pythonAsgi: "web",
  params: z.object({ factor: z.number().default(1) }),
});

app.webApp("sticky", { sticky: true, minContainers: 2 }, () => {
  return () => new Response(id(), { headers: [["set-cookie", "own=1"]] });
});

app.pythonAsgi("stickyAsgi", {
  handler: "routing.py:make",
  sticky: true,
});

// Requests are held until one says to let them go.
app.server(
  "direct",
  { port: 18_324, concurrency: { maxInputs: 2 }, maxContainers: 1 },
  ({ port }) => {
    const held: (() => void)[] = [];
    createServer((request, response) => {
      if (request.url === "/release") for (const go of held.splice(0)) go();
      if (request.url === "/hold") held.push(() => response.end("held"));
      else response.end("answered");
    }).listen(port, "127.0.0.1");
  },
);
