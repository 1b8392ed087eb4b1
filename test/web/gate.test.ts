import { expect, test } from "vitest";
import { Gate } from "../../runtime-shim/web/gate.ts";

test("who waits is let in when there is room, in the order in which they came", () => {
  const gate = new Gate(() => 1);
  const entered: string[] = [];
  for (const name of ["first", "second", "third"]) gate.enter(() => entered.push(name));

  gate.leave();

  expect(entered).toEqual(["first", "second"]);
  expect([gate.inside, gate.waiting]).toEqual([1, 1]);
});

test("a gate is empty when the last has left or given up, whoever that was", async () => {
  const gate = new Gate(() => 1);
  gate.enter(() => {});
  const giveUp = gate.enter(() => {});
  let isEmpty = false;
  const empty = gate.empty().then(() => {
    isEmpty = true;
  });

  giveUp();
  await Promise.resolve();
  expect(isEmpty).toBe(false);
  gate.leave();
  await empty;

  expect([gate.inside, gate.waiting]).toEqual([0, 0]);
  await gate.empty();
});
