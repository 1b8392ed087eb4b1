import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { windlass } from "../cli/cli.ts";
import { type Served, serve } from "./served.ts";

const execute = promisify(execFile);
const MIB = 1024 * 1024;

let served: Served;
let token: string;
beforeAll(async () => {
  served = await serve("clients-app.ts");
  token = (await windlass(served.root, ["token", "create"])).stdout.trim();
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
});

describe("the client of OpenAI", () => {
  const open = (apiKey: string): OpenAI =>
    new OpenAI({ apiKey, baseURL: served.url("llm", "/v1"), maxRetries: 0 });
  const ask = {
    model: "windlass-echo",
    messages: [{ role: "user" as const, content: "one two three" }],
  };

  test("is streamed each word as it is said", async () => {
    const words: string[] = [];
    for await (const chunk of await open(token).chat.completions.create({ ...ask, stream: true })) {
      words.push(chunk.choices[0]?.delta.content ?? "");
    }

    expect(words).toEqual(["one", "two", "three"]);
  });

  test("is given a whole answer, the list of models, and errors as the server says them", async () => {
    const client = open(token);

    const { choices } = await client.chat.completions.create(ask);
    expect(choices[0]?.message.content).toBe("one two three");
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(["windlass-echo"]);
    await expect(client.chat.completions.create({ ...ask, model: "x" })).rejects.toThrow(
      OpenAI.NotFoundError,
    );
  });

  test("is told when its key is none", async () => {
    await expect(open("sk-nothing").models.list()).rejects.toThrow(OpenAI.AuthenticationError);
  });
});

test("curl uploads a file, as it is and in a form", async () => {
  const file = join(served.root, "upload.bin");
  writeFileSync(file, Buffer.alloc(20 * MIB, "x"));
  const notes = join(served.root, "notes.txt");
  writeFileSync(notes, "content");
  const curl = async (...args: readonly string[]): Promise<unknown> => {
    const { stdout } = await execute("curl", ["--silent", "--show-error", "--fail", ...args]);
    return JSON.parse(stdout);
  };

  expect(await curl("--upload-file", file, served.url("uploads", "/"))).toEqual({
    name: "upload.bin",
    bytes: 20 * MIB,
  });
  expect(await curl("--form", `file=@${notes}`, served.url("form"))).toEqual({
    name: "notes.txt",
    text: "content",
  });
});
