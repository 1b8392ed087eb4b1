// Apps, and what they are made of.
export { App } from "./app.ts";
export type { Scaled } from "./autoscaler.ts";
export type { AutoscalerSettings, CancelOptions, FunctionStats } from "./backend.ts";
// Calls.
export type {
  Batched,
  BatchedMethods,
  BatchHandle,
  BatchHandler,
  BatchMethodHandle,
  OneOf,
} from "./batch.ts";
export type { InputInfo } from "./client/call-graph.ts";
export type { CallReport, ColdStart, Spread, TimelineEntry } from "./client/call-report.ts";
export type { ConnectOptions, DeployedOptions } from "./client/connect-options.ts";
export {
  type Client,
  connect,
  type Deployed,
  DeployedCls,
  DeployedFunction,
} from "./client/deployed.ts";
export { FunctionCall, type GetOptions, gather, type IterOptions } from "./client/function-call.ts";
export type { KeyOption } from "./client/idempotency.ts";
export type { CallInput, InputStatus } from "./client/input-status.ts";
export {
  type FetchLogsOptions,
  type LogsOptions,
  logs,
  type StreamLogsOptions,
  type TailLogsOptions,
} from "./client/logs.ts";
export type { MapOptions, MapStream } from "./client/map.ts";
export { onNotice, type WaitNotice } from "./client/notices.ts";
export type { Run, RunOptions } from "./client/run.ts";
export { zip } from "./client/zip.ts";
export type { ClsHandle, GeneratorMethodHandle, MethodHandle, RemoteObject } from "./cls.ts";
// How many inputs a container takes.
export {
  getLocalInputConcurrency,
  setLocalInputConcurrency,
  stopFetchingInputs,
} from "./container-controls.ts";
// Where code runs, and for whom.
export { currentCall, currentFunctionCallId, currentInputId, isLocal } from "./context.ts";
export type { EntrypointHandle, EntrypointOptions } from "./entrypoint.ts";
// Errors.
export type { ErrorClass, ErrorClasses } from "./error-classes.ts";
export {
  AlreadyExistsError,
  ContainerCrashedError,
  ContainerStartupError,
  DeserializationError,
  ExecutionError,
  FunctionTimeoutError,
  InputCancellation,
  InvalidError,
  isWindlassError,
  NoBackendError,
  NonRetriableError,
  NotFoundError,
  OutputExpiredError,
  QueueEmptyError,
  QueueFullError,
  RemoteError,
  RequestSizeError,
  SerializationError,
  TimeoutError,
  WindlassError,
  type WindlassErrorOptions,
} from "./errors.ts";
// Events.
export type {
  CallCompletedEvent,
  CallFailedEvent,
  ContainerStartedEvent,
  ContainerStoppedEvent,
  DeploymentFinishedEvent,
  EventName,
  EventsOption,
  EventsSpec,
  OfferExhaustedEvent,
  WindlassEvent,
  WindlassEvents,
} from "./events.ts";
export type {
  ForEachOptions,
  FunctionHandle,
  GeneratorHandle,
  HandleOf,
  OnceCalls,
  RemoteCalls,
  RemoteGenerator,
} from "./function.ts";
export type { AnyClass, AnyHandler, Invalid, Items, Output, Yield } from "./handler.ts";
// Methods of a class that run with its container.
export { enter, enterSnapshot, exit, preempt } from "./hooks.ts";
export type {
  BaseOptions,
  DebianSlimOptions,
  MicromambaOptions,
  RegistryOptions,
} from "./image/base.ts";
export { FilePatternMatcher } from "./image/file-patterns.ts";
export { Image } from "./image/image.ts";
export type {
  AddDirOptions,
  AddFileOptions,
  DockerfileCommandsOptions,
  FromDockerfileOptions,
  MicromambaInstallOptions,
  RunFunctionOptions,
} from "./image/image-options.ts";
export type { ImageLayer } from "./image/layer.ts";
export type {
  PipInstallOptions,
  PoetryInstallOptions,
  PrivateReposOptions,
  PyprojectOptions,
  UvPipInstallOptions,
  UvSyncOptions,
} from "./image/python-options.ts";
export type { BuildStepOptions } from "./image/step-options.ts";
export type { LogFilter, LogLine } from "./logs/log-line.ts";
export type {
  AppOptions,
  BatchOptions,
  ClsOptions,
  ConcurrencyOptions,
  ContainerOptions,
  FunctionOptions,
  Resource,
  VariantOptions,
} from "./options/function-options.ts";
// Functions and classes in Python.
export type {
  PythonClsHandle,
  PythonFunctionHandle,
  PythonGeneratorHandle,
  PythonHandle,
  PythonObject,
} from "./python/handle.ts";
export type { PythonHandlers } from "./python/handlers.ts";
export type { PythonClsOptions, PythonOptions, PythonWebOptions } from "./python/options.ts";
// The AppSpec: an app as data.
export { resolveSpec } from "./resolve.ts";
export { Retries, type RetriesOptions } from "./retries.ts";
export type { CallContext } from "./runtime.ts";
export {
  Cron,
  type CronOptions,
  type FailureNotice,
  Period,
  type PeriodOptions,
  type Schedule,
  type ScheduleOptions,
} from "./schedule.ts";
export {
  type AppSpec,
  type BucketMountSpec,
  type EntrypointSpec,
  type FunctionSpec,
  type ImageFilesSpec,
  type ImagePython,
  type ImageSecretSpec,
  type ImageSpec,
  type MountSpec,
  type ObjectUseSpec,
  type PythonInstall,
  type PythonSpec,
  type RegistrySpec,
  type ResourceSpec,
  type RetriesSpec,
  type ScheduleSpec,
  type SecretSpec,
  SPEC_VERSION,
  specText,
  type VolumeMountSpec,
} from "./spec.ts";
export type {
  StandardIssue,
  StandardJsonSchema,
  StandardResult,
  StandardSchema,
} from "./standard-schema.ts";
// What containers and programs share by name.
export {
  type BucketEntry,
  CloudBucketMount,
  type CloudBucketMountOptions,
} from "./storage/buckets/cloud-bucket-mount.ts";
export { Dict, type DictEntries } from "./storage/dict.ts";
export type {
  CreateObjectOptions,
  DeleteObjectOptions,
  ObjectManager,
} from "./storage/manage-objects.ts";
export type { Mountable } from "./storage/mount.ts";
export type { VolumeMountOptions } from "./storage/mount-options.ts";
export type { FromNameOptions, NamedObjectInfo } from "./storage/named-object.ts";
export {
  type EphemeralQueueOptions,
  Queue,
  type QueueFromNameOptions,
  type QueueGetOptions,
  type QueueIterateOptions,
  type QueuePutOptions,
} from "./storage/queue.ts";
export type { CreateQueueOptions, QueueBacking, QueueManager } from "./storage/queue-backing.ts";
export {
  type CreateSecretOptions,
  Secret,
  type SecretFromNameOptions,
  type SecretManager,
} from "./storage/secret.ts";
export type { SecretBacking } from "./storage/secret-places.ts";
export type { SecretValues } from "./storage/secret-values.ts";
export type { StoredObject } from "./storage/stored-object.ts";
export { Volume, type VolumeFromNameOptions } from "./storage/volume.ts";
export type { Batch } from "./storage/volume-batch.ts";
export type { VolumeData } from "./storage/volume-data.ts";
export type { FileEntry } from "./storage/volume-listing.ts";
export type { Varied } from "./varied.ts";
// Functions that answer HTTP requests.
export type { EndpointRequest, PathParams, QueryValues } from "./web/endpoint-request.ts";
export type { WebHandle } from "./web/handle.ts";
export { HttpError } from "./web/http-error.ts";
export type { JwtClaims } from "./web/jwt-claims.ts";
export type {
  AccessOptions,
  AuthOptions,
  ClsWebOptions,
  CorsOptions,
  EndpointOptions,
  HttpMethod,
  JwtOptions,
  PythonClsWebOptions,
  RouteOptions,
  WebAppOptions,
  WebServerOptions,
} from "./web/options.ts";
export {
  type Fetch,
  type NodeListener,
  nodeListener,
  type WebApp,
  type WebAppContext,
  type WebAppFactory,
  type WebServerContext,
} from "./web/web-app.ts";
export type {
  AuthSpec,
  CorsSpec,
  JwtSpec,
  PythonWebKind,
  RouteSpec,
  WebSpec,
} from "./web/web-spec.ts";
