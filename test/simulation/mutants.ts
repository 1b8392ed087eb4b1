/** A bug that is planted: a text that is once in a file, and what stands in its place. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const RANGE = "lib/aws/held-range.ts";
const HOLDING = "runtime-shim/agent/holding.ts";
const PLAN = "lib/scheduling/plan.ts";
const HOSTS = "lib/scheduling/plan-hosts.ts";

/** Bugs of the range protocol, the policy and the controller, each of which the simulation must find. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: "a redelivered range is taken without a look at its row",
    file: RANGE,
    find: "if (message.receives === 1 && !message.isChild && message.isExclusive !== true) {",
    replace: "if (!message.isChild) {",
  },
  {
    name: "a range that another container holds is taken over",
    file: RANGE,
    find: 'if (found !== undefined && found.body.owner !== "" && found.body.leaseUntil > now) {',
    replace: "if (found !== undefined && found.body.leaseUntil < 0) {",
  },
  {
    name: "whoever has lost a range writes its row all the same",
    file: RANGE,
    find: "body: row, expected: this.#version } as const;",
    replace:
      "body: row, expected: (await this.#store.rows.get(this.#key))?.version ?? 0 } as const;",
  },
  {
    name: "results that come during a write are dropped",
    file: RANGE,
    find: "this.#unsaved = this.#unsaved.slice(unsaved.length);",
    replace: "this.#unsaved = [];",
  },
  {
    name: "no crash is laid to the input that ran",
    file: RANGE,
    find: "(row.crashes?.[suspect] ?? 0) + 1",
    replace: "(row.crashes?.[suspect] ?? 0)",
  },
  {
    name: "a child is not taken out of its parent",
    file: RANGE,
    find: "return this.#change((row) => ({ ...row, children: [...row.children, child] }), others);",
    replace: "return this.#change((row) => ({ ...row }), others);",
  },
  {
    name: "the children of a dead container are not sent again",
    file: RANGE,
    find: "return children.filter((_, index) => found[index]?.body.isSent === false);",
    replace: "return children.filter(() => false);",
  },
  {
    name: "a child is taken to be sent before it is",
    file: RANGE,
    find: "isSent: false },\n        expected: 0,",
    replace: "isSent: true },\n        expected: 0,",
  },
  {
    name: "a message is deleted before its results are stored",
    file: HOLDING,
    find: "    if (!(await this.#write(() => range.finish()))) return;\n",
    replace:
      "    await this.#message.delete();\n    if (!(await this.#write(() => range.finish()))) return;\n",
  },
  {
    name: "callers are told before results are stored",
    file: "runtime-shim/agent/untold-results.ts",
    find: "    if (!(await write())) return false;\n",
    replace:
      "    for (const page of pages) {\n      const { inputs, range, queues } = this.#options;\n      if (inputs.replyTo === undefined) break;\n      const told = { callId: inputs.request.callId, epoch: range.epoch };\n      await queues.send(inputs.replyTo, { body: sealReply(page, told) });\n    }\n    if (!(await write())) return false;\n",
  },
  {
    name: "what was given away is run again after a crash",
    file: "runtime-shim/agent/agent.ts",
    find: "this.#options.source.giveBack(lease, { start: from, end }, reason)",
    replace:
      "this.#options.source.giveBack(lease, { start: from, end: lease.start + lease.count }, reason)",
  },
  {
    name: "an input that may have crashed its container runs beside others",
    file: "runtime-shim/agent/waiting-work.ts",
    find: "const isAlone = work.isAlone || work.holding.range.isSuspicious;",
    replace: "const isAlone = false;",
  },
  {
    name: "messages are not hidden again while they run",
    file: HOLDING,
    find: "    this.#do(() => this.#message.keep());\n    // The row's",
    replace: "    // The row's",
  },
  {
    name: "failures are not told to the dead-letter queue",
    file: HOLDING,
    find: "await this.#ports.deadLetters.send(inputs, range.results)",
    replace: "[]",
  },
  {
    name: "cancelled calls are run",
    file: "lib/aws/demand.ts",
    find: 'if (found?.body.state === "cancelled") dead.add(callId);',
    replace: "void found;",
  },
  {
    name: "one container more than allowed",
    file: "cdk/controller/pools.ts",
    find: "const limit = Math.max(0, ",
    replace: "const limit = 1 + Math.max(0, ",
  },
  {
    name: "containers that leave are not counted",
    file: "cdk/controller/pools.ts",
    find: "(spec.maxContainers ?? MAX_CONTAINERS) - leaving.length",
    replace: "spec.maxContainers ?? MAX_CONTAINERS",
  },
  {
    name: "minContainers are not kept",
    file: PLAN,
    find: "Math.max(minContainers, needed + buffer)",
    replace: "needed + buffer",
  },
  {
    name: "empty hosts are kept",
    file: HOSTS,
    find: "if (now - since >= HOST_WINDOW_MS) return",
    replace: "if (now - since >= 60 * HOST_WINDOW_MS) return",
  },
  {
    name: "closing hosts never end",
    file: HOSTS,
    find: 'now - emptyAt < EMPTY_FOR_MS ? [] : [{ kind: "terminate", host: id, reason }]',
    replace: "[]",
  },
  {
    name: "a host that does not join is waited for",
    file: HOSTS,
    find: "const BOOT_LIMIT_MS = 600_000;",
    replace: "const BOOT_LIMIT_MS = 6_000_000;",
  },
  {
    name: "another host is bought while one boots",
    file: "lib/scheduling/slot.ts",
    find: "room: isComing(host) ? freeOf(host, { gpu, architecture, market }, planned) : host.room,",
    replace: "room: isComing(host) ? { cpu: 0, memoryMiB: 0, gpus: 0 } : host.room,",
  },
  {
    name: "containers are placed on hosts with GPUs that they do not need",
    file: "lib/scheduling/fit.ts",
    find: "if (wishes.length === 0) return gpu === null ? 0 : undefined;",
    replace: "if (wishes.length === 0) return 0;",
  },
  {
    name: "dear offers come first",
    file: "lib/scheduling/offers.ts",
    find: "    a.usd - b.usd ||\n",
    replace: "    b.usd - a.usd ||\n",
  },
  {
    name: "on demand comes before spot",
    file: "lib/scheduling/fit.ts",
    find: 'prefer: ["spot", "on-demand"],',
    replace: 'prefer: ["on-demand", "spot"],',
  },
  {
    name: "wishes for GPUs are taken in the wrong order",
    file: "lib/scheduling/offers.ts",
    find: "const wishes = needs.gpu.length === 0 ? [null] : needs.gpu;",
    replace: "const wishes = needs.gpu.length === 0 ? [null] : [...needs.gpu].reverse();",
  },
  {
    name: "a purchase is not written down",
    file: "cdk/controller/purchases.ts",
    find: "    await lease.commit(writes);\n",
    replace: "    void writes;\n",
  },
  {
    name: "the row of a host that has ended is kept",
    file: "cdk/controller/host-changes.ts",
    find: "      await rows.delete(hostKey(host.id));\n",
    replace: "      kept.push(host);\n",
  },
  {
    name: "a controller that has lost its lease goes on",
    file: "cdk/controller/lease.ts",
    find: "if (await this.#ports.rows.transact([put, ...writes])) {",
    replace: "if (await this.#ports.rows.transact([...writes].slice(put.expected * 0))) {",
  },
  {
    name: "an invocation that failed leaves nothing for the next",
    file: "cdk/controller/control.ts",
    find: "  let planned = 0;\n",
    replace: "  let planned = lease.row.wakeSeq;\n",
  },
  {
    name: "containers whose agents are silent count for ever",
    file: "lib/scheduling/review-containers.ts",
    find: "const SILENT_MS: number = 3 * CONTAINER_BEAT_MS;",
    replace: "const SILENT_MS: number = 3000 * CONTAINER_BEAT_MS;",
  },
  {
    name: "hosts are bought for work that was cancelled",
    file: "cdk/controller/pass.ts",
    find: "  one.demand = proved ?? { backlog: 0, running: 0, isProved: true };\n",
    replace: "  void proved;\n  one.demand = { ...one.demand, isProved: true };\n",
  },
  {
    name: "nobody is told why it waits",
    file: "cdk/controller/act.ts",
    find: "  await writeNotices(told, controller);\n",
    replace: "  void told;\n",
  },
];
