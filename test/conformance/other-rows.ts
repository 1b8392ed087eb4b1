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
  pending("functions.mounts", "2", "P", "storage", "secrets and volumes of a function"),
  pending("functions.schedule", "2, 10", "Y", "schedules", "Cron, Period, and their rules"),
  pending("timeouts.queue", "6", "Y", "storage", "Queue.get and its time"),
  pending("web.endpoints", "12", "Y", "web", "endpoints and web apps"),
  pending("images.more", "13", "Y", "more of images", "micromamba, uvSync, runFunction, addLocal…"),
  pending("storage.volume", "15", "Y", "storage", "commit and reload"),
  pending("storage.secret", "15", "Y", "storage", "fromName, create"),
  pending("storage.dict", "15", "Y", "storage", "fromName, get, contains, len"),
  pending("storage.queue", "15", "Y", "storage", "put, get"),
  pending("sandboxes.create", "17", "P", "sandboxes", "created from an app"),
  pending("environments.auth", "24", "P", "environments", "credentials and profiles"),
  pending("cli.commands", "26", "P", "command line", "serve, shell, app, volume, secret"),
  pending("observability.logs", "28", "P", "command line", "logs of an app"),
];

function pending(
  id: string,
  section: string,
  core: Row["core"],
  ...[feature, says]: readonly [string, string]
): Row {
  return { id, section, core, says, pending: feature };
}
