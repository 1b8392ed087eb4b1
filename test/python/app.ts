import { App } from "windlass";

/** What is raised in Python under this name. */
export class PaymentError extends Error {
  declare readonly amount: number;
}

/** The app of the tests of this folder. */
export const app = new App("python-tests", {
  env: { GREETING: "hello" },
  errors: { PaymentError },
});

type Numbers = (n: number) => number;

const of = (symbol: string): { readonly handler: string } => ({
  handler: `functions.py:${symbol}`,
});

export const double = app.python<Numbers>("double", of("double"));
export const add = app.python<(a: number, b?: number) => number>("add", of("add"));
export const echo = app.python<(value: unknown) => unknown>("echo", of("echo"));
export const describe = app.python<(value: unknown) => unknown>("describe", of("describe"));
export const options = app.python<
  (a: number, options?: { width?: number; deep?: boolean; other?: number }) => unknown
>("options", of("options"));
export const doubleLater = app.python<Numbers>("doubleLater", of("double_later"));
export const laterObject = app.python<Numbers>("laterObject", of("later_object"));
export const laterPartial = app.python<Numbers>("laterPartial", of("later_partial"));
export const grow = app.python<(n: number) => number[]>("grow", {
  ...of("grow"),
  maxContainers: 1,
});
export const pay = app.python<Numbers>("pay", of("pay"));
export const refuse = app.python<(message: string) => never>("refuse", {
  ...of("refuse"),
  retries: 3,
});
export const countAttempts = app.python<(path: string) => number>("countAttempts", {
  ...of("count_attempts"),
  retries: 3,
});
export const unserializable = app.python<(kind: string) => unknown>("unserializable", {
  ...of("unserializable"),
  retries: 3,
});
export const leave = app.python<Numbers>("leave", of("leave"));
export const crash = app.python<() => void>("crash", of("crash"));
export const countTo = app.python<(n: number) => Generator<number>>("countTo", of("count_to"));
export const countLater = app.python<(n: number) => AsyncGenerator<number>>(
  "countLater",
  of("count_later"),
);
export const countThenFail = app.python<(n: number) => Generator<number>>(
  "countThenFail",
  of("count_then_fail"),
);
export const countForEver = app.python<(path: string) => Generator<number>>(
  "countForEver",
  of("count_for_ever"),
);
export const notGenerator = app.python<Numbers>("notGenerator", of("double"));

type Sleep = (seconds: number, path: string) => number;
export const sleep = app.python<Sleep>("sleep", of("sleep"));
export const sleepLater = app.python<Sleep>("sleepLater", of("sleep_later"));
export const shortSleep = app.python<Sleep>("shortSleep", {
  ...of("sleep"),
  timeoutSeconds: 1,
  startupTimeoutSeconds: 60,
  maxContainers: 1,
});
export const shortSleepLater = app.python<Sleep>("shortSleepLater", {
  ...of("sleep_later"),
  timeoutSeconds: 1,
  startupTimeoutSeconds: 60,
  maxContainers: 1,
});
export const spin = app.python<(path: string) => void>("spin", {
  ...of("spin"),
  timeoutSeconds: 1,
  startupTimeoutSeconds: 60,
});
export const stubborn = app.python<(path: string) => void>("stubborn", {
  ...of("stubborn"),
  timeoutSeconds: 1,
  startupTimeoutSeconds: 60,
});

type Meeting = readonly [most: number, isMain: boolean, inputId: string];
const together = { concurrency: { maxInputs: 8 }, maxContainers: 1 };
export const meet = app.python<(seconds: number) => Meeting>("meet", {
  ...of("meet"),
  ...together,
});
export const meetLater = app.python<(seconds: number) => Meeting>("meetLater", {
  ...of("meet_later"),
  ...together,
});
export const sleepTogether = app.python<Sleep>("sleepTogether", { ...of("sleep"), ...together });
export const sleepLaterTogether = app.python<Sleep>("sleepLaterTogether", {
  ...of("sleep_later"),
  ...together,
});
export const countTogether = app.python<(n: number) => Generator<number>>("countTogether", {
  ...of("count_to"),
  ...together,
});

export const where = app.python<() => Record<string, unknown>>("where", of("where"));
export const total = app.python<(numbers: Float64Array) => readonly [string, number]>(
  "total",
  of("total"),
);
export const halve = app.python<(numbers: Float64Array) => Float64Array>("halve", of("halve"));
export const bytesOf = app.python<
  (data: Uint8Array) => readonly [name: string, length: number, first: Uint8Array]
>("bytesOf", of("bytes_of"));
export const deep = app.python<(depth: number) => unknown>("deep", of("deep"));
export const large = app.python<(size: number) => string | readonly string[]>("large", of("large"));
export const manyBytes = app.python<(size: number) => Uint8Array>("manyBytes", of("many_bytes"));
export const pattern = app.python<(value: RegExp) => unknown>("pattern", of("pattern"));
export const tool = app.python<(text: string) => string>("tool", {
  handler: "package/tool.py:run",
});

export const callTypescript = app.python<(name: string) => string>(
  "callTypescript",
  of("call_typescript"),
);
export const callTypescriptError = app.python<() => unknown>(
  "callTypescriptError",
  of("call_typescript_error"),
);
export const failDeep = app.python<() => never>("failDeepPython", of("fail_deep"));
export const callPay = app.python<(name: string) => unknown>("callPay", of("call_pay"));
app.function("relayPay", async (amount: number) => await pay.remote(amount));
export const callDeepError = app.python<() => unknown>("callDeepError", of("call_deep_error"));
app.function("failDeep", () => {
  const middle = new RangeError("middle", { cause: new TypeError("inner") });
  throw Object.assign(new Error("outer", { cause: Object.assign(middle, { at: 3 }) }), {
    name: "DeepError",
  });
});
export const callUnreadable = app.python<() => string[]>("callUnreadable", of("call_unreadable"));
app.function("oddMap", () => new Map([[{}, 1]]));
app.function("oddItems", function* () {
  yield new Map([[{}, 1]]);
});
export const callPython = app.python<Numbers>("callPython", of("call_python"));
export const callLater = app.python<(n: number) => unknown>("callLater", of("call_later"));
export const spawnAndGet = app.python<(n: number) => unknown>("spawnAndGet", of("spawn_and_get"));
export const spawnMany = app.python<(n: number) => number[]>("spawnMany", of("spawn_many"));
export const callClass = app.python<(word: string) => number>("callClass", of("call_class"));
export const mapWithErrors = app.python<() => unknown>("mapWithErrors", of("map_with_errors"));
export const genFromTypescript = app.python<(n: number) => number[]>(
  "genFromTypescript",
  of("gen_from_typescript"),
);

app.function("greet", (name: string) => `hello ${name}`);
app.function("fail", function greeter() {
  throw Object.assign(new TypeError("bad name"), { code: "E_NAME" });
});
app.function("failOdd", (n: number) => {
  if (n % 2 === 1) throw new RangeError(`${n} is odd`);
  return n;
});
app.function("tsCount", function* (n: number) {
  for (let i = 0; i < n; i += 1) yield i;
});

interface Methods {
  add(n: number): number;
  entered(): string[];
  items(n: number): Generator<number>;
  hidden(): string;
}
export const Counter = app.pythonCls<Methods, { start?: number; path?: string } | undefined>(
  "Counter",
  of("Counter"),
);

const four = { batch: { maxSize: 4, waitMs: 200 }, maxContainers: 1 };
export const doubleAll = app.python<(n: number, word: string) => string>("doubleAll", {
  ...of("double_all"),
  ...four,
});
export const doubleAllLater = app.python<Numbers>("doubleAllLater", {
  ...of("double_all_later"),
  ...four,
  concurrency: { maxInputs: 2 },
});
export const tooFew = app.python<Numbers>("tooFew", { ...of("too_few"), ...four });
export const failAll = app.python<Numbers>("failAll", { ...of("fail_all"), ...four });

export const Doubler = app.pythonCls<{ double: Numbers; hidden: Numbers }>("Doubler", {
  ...of("Doubler"),
  ...four,
});

export const Saver = app.pythonCls<{ wait(): number; pid(): number }, { path: string }>("Saver", {
  ...of("Saver"),
  concurrency: { maxInputs: 2 },
});
