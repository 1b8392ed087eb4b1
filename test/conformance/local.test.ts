import { openLocal } from "./local-backend.ts";
import { testConformance, testTable } from "./suite.ts";

testTable();
testConformance("local", { open: openLocal });
