import type { Row } from "./rows.ts";

/** Core rows that are no call of a running app: tested beside this suite, or waiting for their feature. */
export const OTHER_ROWS: readonly Row[] = [
  {
    id: "app.define",
    section: "1",
    core: "Y",
    says: "names, tags, defaults of an app",
    elsewhere: {
      file: "test/spec/app-spec.test.ts",
      title: "a spec has every option, resolved and sorted by name",
    },
  },
  {
    id: "app.run",
    section: "1",
    core: "P",
    says: "an app that lives for one run",
    elsewhere: {
      file: "test/e2e-aws/calls.test.ts",
      title: "runs for one command, shows what its containers write, and leaves nothing",
    },
  },
  {
    id: "app.deploy",
    section: "1, 25",
    core: "P",
    says: "deployed by name; new code takes over",
    elsewhere: {
      file: "test/e2e-aws/calls.test.ts",
      title: "loses no call while its code is replaced, and runs the new code then",
    },
  },
  {
    id: "app.entrypoint",
    section: "1",
    core: "Y",
    says: "arguments of entrypoints",
    elsewhere: { file: "test/cli/flags.test.ts", title: "follow references" },
  },
  {
    id: "functions.gpu",
    section: "2, 14",
    core: "Y",
    says: "types, counts, fallback lists",
    elsewhere: {
      file: "test/scheduling/offers.test.ts",
      title: "all of a GPU before those of the next in the list",
    },
  },
  {
    id: "functions.resources",
    section: "2",
    core: "P",
    says: "reservations and limits of CPU and memory",
    elsewhere: {
      file: "test/aws/controller.test.ts",
      title: "are shared by containers of several functions while these fit",
    },
  },
  {
    id: "functions.options",
    section: "2",
    core: "Y",
    says: "rules of options, and of what goes together",
    elsewhere: {
      file: "test/dsl/function-options.test.ts",
      title: "options that do not go together say which to change",
    },
  },
  {
    id: "images.debian-slim",
    section: "13",
    core: "Y",
    says: "debianSlim, aptInstall, pipInstall, uvPipInstall, env, workdir, fromRegistry",
    elsewhere: { file: "test/dsl/image.test.ts", title: "a chain of all steps is this Dockerfile" },
  },
  {
    id: "functions.mounts",
    section: "2",
    core: "P",
    says: "secrets and volumes of a function",
    elsewhere: {
      file: "test/e2e-aws/mounts.test.ts",
      title: "is shared by containers: volumes once they reload, file systems at once",
    },
  },
  {
    id: "functions.schedule",
    section: "2, 10",
    core: "Y",
    says: "Cron, Period, and their rules",
    elsewhere: {
      file: "test/schedules/local-schedules.test.ts",
      title: "fires at each of its times, once",
    },
  },
  {
    id: "timeouts.queue",
    section: "6",
    core: "Y",
    says: "Queue.get and its time",
    pending: "storage",
  },
  { id: "web.endpoints", section: "12", core: "Y", says: "endpoints and web apps", pending: "web" },
  {
    id: "images.more",
    section: "13",
    core: "Y",
    says: "micromamba, uvSync, runFunction, addLocal…",
    pending: "more of images",
  },
  { id: "storage.secret", section: "15", core: "Y", says: "fromName, create", pending: "storage" },
  {
    id: "storage.dict",
    section: "15",
    core: "Y",
    says: "fromName, get, contains, len",
    pending: "storage",
  },
  { id: "storage.queue", section: "15", core: "Y", says: "put, get", pending: "storage" },
  {
    id: "sandboxes.create",
    section: "17",
    core: "P",
    says: "created from an app",
    pending: "sandboxes",
  },
  {
    id: "environments.auth",
    section: "24",
    core: "P",
    says: "credentials and profiles",
    pending: "environments",
  },
  {
    id: "cli.commands",
    section: "26",
    core: "P",
    says: "serve, shell, app, volume, secret",
    pending: "command line",
  },
  {
    id: "observability.logs",
    section: "28",
    core: "P",
    says: "logs of an app",
    pending: "command line",
  },
];
