import { Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { createProgress } from "../../bin/run/progress.ts";

function fakeTerminal() {
  let text = "";
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const terminal = Object.assign(stream, { isTTY: true, columns: 80, fd: 2 });
  return { terminal: terminal as unknown as NodeJS.WriteStream, text: () => text };
}

function pool(
  name: string,
  counts: { waiting?: number; running?: number; done?: number; failed?: number },
) {
  const containers = [{ id: "ct-1", status: "busy", pid: 1 }];
  return { function: name, waiting: 0, running: 0, done: 0, failed: 0, containers, ...counts };
}

test("shows how many inputs of all functions are done", () => {
  const { terminal, text } = fakeTerminal();
  const progress = createProgress(terminal);

  progress.show([
    pool("resize", { waiting: 5, running: 1, done: 3, failed: 1 }),
    pool("store", { running: 2, done: 8 }),
    pool("idle", { done: 10 }),
  ]);
  progress.hide();

  expect(stripVTControlCharacters(text())).toContain(
    "22/30 resize, store · 3 containers · 1 failed",
  );
});

test("shows nothing for a single input", () => {
  const { terminal, text } = fakeTerminal();
  const progress = createProgress(terminal);

  progress.show([pool("resize", { running: 1 })]);
  progress.hide();

  expect(text()).toBe("");
});

test("takes its line away", () => {
  const { terminal, text } = fakeTerminal();
  const progress = createProgress(terminal);

  progress.show([pool("resize", { waiting: 5 })]);
  progress.hide();

  const CLEAR_LINE = "\u001b[2K";
  const SHOW_CURSOR = "\u001b[?25h";
  expect(text()).toContain(CLEAR_LINE);
  expect(text().lastIndexOf(CLEAR_LINE)).toBeGreaterThan(text().lastIndexOf("0/5"));
  expect(text()).toContain(SHOW_CURSOR);
});
