import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { appProject, windlass } from "../cli/cli.ts";

const require = createRequire(import.meta.url);
const TYPESCRIPT = join(dirname(require.resolve("typescript")), "tsc.js");

const FILES = {
  "app.ts": `
import { App } from "windlass";

export const app = new App("typed");
export const transcribe = app.python("transcribe", { handler: "speech.py:transcribe" });
export const boxes = app.python("boxes", { handler: "speech.py:boxes" });
export const count = app.python("count", { handler: "speech.py:count" });
export const Llm = app.pythonCls("Llm", { handler: "speech.py:Llm" });
export const main = app.entrypoint("main", async () => {
  const [first] = await transcribe.remote(new Uint8Array([1, 2]), "slow", { beam: 2 });
  const [box, pair] = await boxes.remote({ x: 1 }, { left: { x: 2, y: 3 } }, "red", [4, "five"]);
  const numbers: number[] = [];
  for await (const one of count.remoteGen(2)) numbers.push(one);
  const said: string = await new Llm({ model: { name: "small" } }).generate.remote("hi", { times: 2 });
  return { first, box, pair, numbers, said };
});
`,
  "tsconfig.json": JSON.stringify({
    compilerOptions: { strict: true, noEmit: true, target: "esnext", module: "nodenext" },
  }),
  "shapes.py": `
import dataclasses
import enum
from typing import List, NamedTuple, Optional


@dataclasses.dataclass
class Point:
    x: float
    y: float = 0.5
    tags: List[str] = dataclasses.field(default_factory=list)
    next: "Optional[Point]" = None

    def length(self):
        return self.x + self.y


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Pair(NamedTuple):
    count: int
    word: str
`,
  // What the runner needs of pydantic, so that nothing has to be installed.
  "pydantic.py": `
class BaseModel:
    model_fields = {}

    def __init_subclass__(cls):
        cls.model_fields = {name: None for name in cls.__annotations__}

    @classmethod
    def model_validate(cls, value):
        made = cls()
        for name in cls.model_fields:
            setattr(made, name, value.get(name, getattr(cls, name, None)))
        return made
`,
  "speech.py": `
from __future__ import annotations

import typing as t
from typing import Any, Dict, Iterator, List, Literal, Optional, TypedDict, Union

import windlass
from pydantic import BaseModel

import shapes
from shapes import Color, Pair

Mode = Literal["fast", "slow"]


class Segment(TypedDict, total=False):
    start: float
    text: Optional[str]


class Model(BaseModel):
    name: str
    size: int = 3


def transcribe(audio: bytes, mode: Mode = "fast", *, language: Optional[str] = None, beam: int = 5) -> List[Segment]:
    return [{"start": len(audio), "text": f"{mode} {language} {beam}"}]


def boxes(one: shapes.Point, more: Dict[str, shapes.Point], color: Color, pair: Pair) -> t.Tuple[shapes.Point, List[Any]]:
    return one, [one.length(), more["left"].length(), color is Color.RED, pair.word]


def count(n: int) -> Iterator[int]:
    yield from range(n)


def loose(first, second: "Nowhere", *rest: int, last=1):
    return second


class Base:
    @windlass.method()
    def size(self) -> Union[int, Dict[int, List[Optional[str]]], None]:
        return None


class Llm(Base):
    def __init__(self, model: Model, times: int = 1) -> None:
        self.model = model

    @windlass.enter
    def load(self) -> None:
        self.loaded = True

    @windlass.method
    def generate(self, prompt: str, *, times: int) -> str:
        return f"{self.model.name}{self.model.size} {prompt * times} {self.loaded}"

    def hidden(self) -> None:
        pass
`,
  "none.ts": `
import { App } from "windlass";
export const app = new App("none");
app.function("one", () => 1);
`,
  "loose.ts": `
import { App } from "windlass";
export const app = new App("loose");
app.python("loose", { handler: "speech.py:loose" });
`,
  "absent.ts": `
import { App } from "windlass";
export const app = new App("absent");
app.python("absent", { handler: "speech.py:nothing" });
`,
};

function project(): string {
  return appProject(FILES, afterAll);
}

async function compiled(root: string): Promise<string> {
  const compile = promisify(execFile)(process.execPath, [TYPESCRIPT, "-p", root], { cwd: root });
  return await compile.then(
    () => "",
    (error: { stdout: string }) => error.stdout,
  );
}

describe("windlass types", () => {
  it("writes what annotations say, which types calls, and values come as they say", async () => {
    const root = project();

    const written = await windlass(root, ["types", "app.ts"]);

    expect(written).toMatchObject({ code: 0, stdout: "app.python.d.ts: 4 handlers\n", stderr: "" });
    expect(readFileSync(join(root, "app.python.d.ts"), "utf8")).toMatchInlineSnapshot(`
      "// Written by \`windlass types\` from annotations of Python. Do not edit.
      import "windlass";

      interface ModelInput {
        name: string;
        size?: number;
      }

      interface PointInput {
        x: number;
        y?: number;
        tags?: string[];
        next?: PointInput | null;
      }

      interface Point {
        x: number;
        y: number;
        tags: string[];
        next: Point | null;
      }

      interface Segment {
        start?: number;
        text?: string | null;
      }

      declare module "windlass" {
        interface PythonHandlers {
          "speech.py:Llm": { params: { model: ModelInput; times?: number }; methods: { generate: (prompt: string, options: { times: number }) => string; size: () => number | Map<number, (string | null)[]> | null } };
          "speech.py:boxes": (one: PointInput, more: Record<string, PointInput>, color: "red" | "blue", pair: [number, string]) => [Point, unknown[]];
          "speech.py:count": (n: number) => Generator<number>;
          "speech.py:transcribe": (audio: Uint8Array, mode?: "fast" | "slow", options?: { language?: string | null; beam?: number }) => Segment[];
        }
      }
      "
    `);
    expect(await compiled(root)).toBe("");
    const ran = await windlass(root, ["run", "app.ts", "--json"]);
    expect(JSON.parse(ran.stdout)).toEqual({
      first: { start: 2, text: "slow None 2" },
      box: { x: 1, y: 0.5, tags: [], next: null },
      pair: [1.5, 5, true, "five"],
      numbers: [0, 1],
      said: "small3 hihi True",
    });
  });

  it("makes a wrong call an error of the compiler", async () => {
    const root = project();
    await windlass(root, ["types", "app.ts"]);
    const wrong = [
      'transcribe.remote("text");',
      'transcribe.remote(new Uint8Array(), "loud");',
      "boxes.remote({ y: 1 }, {}, 'red', [1, 'x']);",
      'new Llm({ model: { name: "x" } }).hidden;',
      "new Llm();",
      "count.remote(1);",
    ];
    const source = `import { boxes, count, Llm, transcribe } from "./app.js";\n${wrong.join("\n")}\n`;
    writeFileSync(join(root, "wrong.ts"), source);

    const lines = (await compiled(root)).split("\n").filter((line) => line.startsWith("wrong.ts"));

    expect(lines.map((line) => Number(/\((\d+),/.exec(line)?.[1]))).toEqual([2, 3, 4, 5, 6, 7]);
  });

  it("says what it did not understand, and that Python is missing in an app without it", async () => {
    const root = project();
    const loose = await windlass(root, ["types", "loose.ts", "--json"]);
    expect(JSON.parse(loose.stdout)).toEqual({
      file: "loose.python.d.ts",
      handlers: {
        "speech.py:loose": "(first: unknown, second: unknown, ...rest: unknown[]) => unknown",
      },
      notes: ["speech.py:loose: `Nowhere` became `unknown`"],
    });
    expect(await windlass(root, ["types", "none.ts"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("[WINDLASS_NO_PYTHON]"),
    });
    expect(await windlass(root, ["types", "absent.ts"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        'the type of "speech.py:nothing" cannot be told: it defines no "nothing" at its top level; it has: Base, Llm,',
      ),
    });
  });

  it("lets nothing run whose types are no longer those of its Python", async () => {
    const root = project();
    expect(await windlass(root, ["types", "app.ts", "--check"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('"app.python.d.ts" is not there'),
    });
    await windlass(root, ["types", "app.ts"]);
    expect(await windlass(root, ["types", "app.ts", "--check"])).toMatchObject({
      code: 0,
      stdout: "app.python.d.ts is up to date: 4 handlers\n",
    });
    const file = join(root, "shapes.py");
    writeFileSync(file, readFileSync(file, "utf8").replace("x: float", "x: str"));

    for (const command of [
      ["run", "app.ts"],
      ["types", "app.ts", "--check"],
    ]) {
      expect(await windlass(root, command)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("[WINDLASS_PYTHON_TYPES_DIFFER]"),
      });
    }
  });
});
