import { MemoryTable } from "./memory-table.ts";
import { describeRows } from "./rows-contract.ts";

const table = new MemoryTable();

describeRows("memory", () => table.port(async () => {}));
