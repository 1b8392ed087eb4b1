export type { TestAttempt, TestCall, TestParent } from "./call-log.ts";
export type { AttemptFailure } from "./doubles.ts";
export { type Fakes, fakeApp } from "./fake-app.ts";
export type { AnyClsHandle, AnyFunctionHandle, FakeOf } from "./handle-types.ts";
export {
  type TestApp,
  type TestAppOptions,
  type TestClock,
  testApp,
  type WhichAttempt,
} from "./test-app.ts";
