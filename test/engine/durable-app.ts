// Run by the durability tests in a project of its own: `node --import tsx app.ts <command> [id]`.
import { appendFileSync } from "node:fs";
import { App, currentInputId, FunctionCall, isLocal } from "windlass";

export const app = new App("durable");

export const slow = app.function("slow", { maxContainers: 2 }, async (x: number) => {
  appendFileSync("ran.txt", `${currentInputId()}\n`);
  await new Promise((resolve) => setTimeout(resolve, x < 5 ? 100 : 1));
  return x * 10;
});

export const forever = app.function("forever", () => {
  appendFileSync("ran.txt", "forever\n");
  for (;;);
});

async function main([command, id = ""]: string[]) {
  const run = await app.run({ backend: "local", output: false });
  if (command === "spawn") {
    const call = await slow.spawn(4);
    console.log(call.id);
  }
  if (command === "spawn-many") {
    const call = await slow.spawnMap(Array.from({ length: 3000 }, (_, i) => i));
    console.log(call.id);
    await new Promise(() => {});
  }
  if (command === "spawn-forever") {
    const call = await forever.spawn();
    console.log(call.id);
    await new Promise(() => {});
  }
  if (command === "get") console.log(await FunctionCall.fromId(id).get());
  if (command === "collect") {
    const outputs: unknown[] = [];
    for await (const output of FunctionCall.fromId(id).iter()) outputs.push(output);
    console.log(JSON.stringify(outputs));
  }
  if (command === "cancel-busy") {
    await slow.spawnMap(Array.from({ length: 3000 }, (_, i) => i));
    await FunctionCall.fromId(id).cancel();
  }
  if (command === "cancel") await FunctionCall.fromId(id).cancel();
  await run.close();
}

if (isLocal() && process.argv.length > 2) await main(process.argv.slice(2));
