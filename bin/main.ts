#!/usr/bin/env node
import { startRunnerEarly } from "./start-early.ts";

const args: readonly string[] = process.argv.slice(2);
startRunnerEarly(args);
// Loaded while that process starts on another core.
void import("./program.ts").then(({ runProgram }) => runProgram(args));
