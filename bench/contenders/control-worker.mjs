import { echo } from "./tasks.mjs";

process.on("message", ([id, batch]) => process.send([id, batch.map(echo)]));
