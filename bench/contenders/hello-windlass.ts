import { App } from "windlass";

export const app = new App("hello");
const greet = app.function("greet", {}, (name: string) => `Hello, ${name}!`);

export const main = app.entrypoint("main", async () => {
  console.log(await greet.remote("world"));
});
