// The entry `windlass/client`: what a program needs that calls deployed apps and defines none. It can be bundled whole.
import { loadAwsBy } from "./start-aws.ts";

export type { Batched, BatchHandle } from "../batch.ts";
export type { ClsHandle } from "../cls.ts";
export type { ErrorClass, ErrorClasses } from "../error-classes.ts";
export {
  ContainerCrashedError,
  ContainerStartupError,
  FunctionTimeoutError,
  InputCancellation,
  isWindlassError,
  NotFoundError,
  OutputExpiredError,
  RemoteError,
  RequestSizeError,
  SerializationError,
  TimeoutError,
  WindlassError,
} from "../errors.ts";
export type { FunctionHandle, GeneratorHandle } from "../function.ts";
export type { Invalid } from "../handler.ts";
export type { LogFilter, LogLine } from "../logs/log-line.ts";
export type {
  PythonClsHandle,
  PythonFunctionHandle,
  PythonGeneratorHandle,
} from "../python/handle.ts";
export { type ClientNames, type ClientOptions, clientOf } from "./app-client.ts";
export type { ConnectOptions, DeployedOptions } from "./connect-options.ts";
export { type Client, connect, type Deployed, DeployedCls, DeployedFunction } from "./deployed.ts";
export { FunctionCall, gather } from "./function-call.ts";
export { zip } from "./zip.ts";

// Written out, so that bundlers find it.
loadAwsBy(() => import("../aws/start.ts"));
