import workerpool from "workerpool";
import { echo, flaky, hash, sleep } from "./tasks.mjs";

workerpool.worker({ echo, flaky: (input) => flaky(input, 0), hash, sleep });
