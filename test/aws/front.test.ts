import { expect, test } from "vitest";
import { type AlbAnswer, type AlbEvent, toRequest } from "../../cdk/front/alb-event.ts";
import { answer, type FrontPorts } from "../../cdk/front/front.ts";
import type { Manifest } from "../../lib/aws/manifest.ts";
import type { ResultPage } from "../../lib/backend.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { ContainerStartupError } from "../../lib/errors.ts";
import { failedPage } from "../../lib/failed-page.ts";
import type { RequestInput, RequestOutput } from "../../lib/web/door.ts";

const GROUP = "group/front";
const VALUE = "shop/order/secret";

/** An environment with one app, whose function `order` answers requests. */
class Lab {
  now = 0;
  readonly spawned: RequestInput[] = [];
  /** What the next call comes to; undefined while it runs. */
  result: ResultPage | undefined;
  hasContainersAt = Number.POSITIVE_INFINITY;
  waiting = 0;
  readonly stored: Uint8Array[] = [];
  readonly logged: unknown[] = [];

  readonly #kind: "endpoints" | "app";

  constructor(kind: "endpoints" | "app" = "endpoints") {
    this.#kind = kind;
  }

  async ask(event: Partial<AlbEvent> = {}, group = GROUP): Promise<AlbAnswer> {
    return await answer(toRequest({ ...EVENT, ...event }), group, this.#ports());
  }

  #ports(): FrontPorts {
    const manifest = {
      functions: {
        order: {
          queueUrl: "queue",
          spec: { web: { kind: this.#kind } },
          web: { header: "x-windlass-endpoint", value: VALUE, patienceSeconds: 50 },
        },
      },
    } as unknown as Manifest; // What the front reads of one.
    return {
      appOf: async (group) => (group === GROUP ? "shop" : undefined),
      deployment: async () => ({ row: { number: 1 } as never, manifest }),
      spawn: async (_, name, input) => {
        expect(name).toBe("order");
        this.spawned.push(input);
        return "fc-1";
      },
      functionOf: async (_, callId) => (callId === "fc-1" ? "order" : undefined),
      read: async (_, callId, waitMs) => {
        expect([callId, waitMs]).toEqual(["fc-1", 50_000]);
        return { total: 1, pages: this.result === undefined ? [] : [this.result] };
      },
      count: async () => this.waiting,
      hasContainers: async () => this.now >= this.hasContainersAt,
      store: async ({ callId, type }, body) => {
        this.stored.push(body);
        return `https://bucket.example/${callId}?type=${type}`;
      },
      log: (fields) => this.logged.push(fields),
      now: () => this.now,
      sleep: async (ms) => {
        this.now += ms;
      },
    };
  }
}

const EVENT: AlbEvent = {
  requestContext: { elb: { targetGroupArn: GROUP } },
  httpMethod: "GET",
  path: "/orders/7",
  multiValueQueryStringParameters: { a: ["1", "2"], b: ["%20"] },
  multiValueHeaders: { "x-windlass-endpoint": [VALUE], accept: ["*/*"] },
  body: "",
  isBase64Encoded: false,
};

function resultOf(output: Partial<RequestOutput>): ResultPage {
  const value = { status: 200, headers: [], body: new Uint8Array(), ...output };
  return { start: 0, count: 1, values: encodePage([value], () => "answer") };
}

function headersOf({ multiValueHeaders }: AlbAnswer): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(multiValueHeaders).map(([name, [value]]) => [name, value]),
  );
}

function bodyOf({ body }: AlbAnswer): string {
  return Buffer.from(body, "base64").toString();
}

test("a request becomes a call, whose result is the answer", async () => {
  const lab = new Lab();
  lab.result = resultOf({
    status: 201,
    headers: [
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ],
    body: Buffer.from("made"),
  });

  const answered = await lab.ask({
    httpMethod: "POST",
    multiValueHeaders: {
      ...EVENT.multiValueHeaders,
      "content-type": ["application/json"],
      cookie: ["c=3"],
    },
    body: '{"items":1}',
  });

  expect(lab.spawned).toEqual([
    {
      method: "POST",
      url: "/orders/7?a=1&a=2&b=%20",
      headers: [
        ["accept", "*/*"],
        ["content-type", "application/json"],
        ["cookie", "c=3"],
      ],
      body: new Uint8Array(Buffer.from('{"items":1}')),
    },
  ]);
  expect(answered.statusCode).toBe(201);
  expect(answered.multiValueHeaders).toEqual({ "set-cookie": ["a=1", "b=2"] });
  expect(bodyOf(answered)).toBe("made");
});

test("an answer that takes longer is asked for again, until it is there", async () => {
  const lab = new Lab();

  const first = await lab.ask();
  expect([first.statusCode, headersOf(first)["location"]]).toEqual([
    303,
    "/?__windlass_result=fc-1",
  ]);
  lab.result = resultOf({ body: Buffer.from("late") });
  const second = await lab.ask({
    path: "/",
    multiValueQueryStringParameters: { __windlass_result: ["fc-1"] },
  });

  expect([second.statusCode, bodyOf(second)]).toEqual([200, "late"]);
  expect(lab.spawned).toHaveLength(1);
});

test("answers of other calls are nobody's business", async () => {
  const other = { __windlass_result: ["fc-2"] };

  expect(await new Lab().ask({ multiValueQueryStringParameters: other })).toMatchObject({
    statusCode: 404,
  });
});

test("an answer of more than a megabyte is read from where it is stored", async () => {
  const lab = new Lab();
  const body = new Uint8Array(900_000);
  lab.result = resultOf({ headers: [["content-type", "image/png"]], body });

  const answered = await lab.ask();

  expect([answered.statusCode, headersOf(answered)["location"]]).toEqual([
    303,
    "https://bucket.example/fc-1?type=image/png",
  ]);
  expect(lab.stored.map(({ byteLength }) => byteLength)).toEqual([900_000]);
});

test("a page waits for a container and is then sent there", async () => {
  const lab = new Lab("app");
  lab.hasContainersAt = 20_000;

  const answered = await lab.ask();

  expect(lab.now).toBe(20_000);
  expect(lab.spawned).toEqual([{ method: "GET", url: "/", headers: [], body: null }]);
  expect([answered.statusCode, headersOf(answered)["location"]]).toEqual([
    307,
    "/orders/7?a=1&a=2&b=%20&__windlass_wait=1",
  ]);
});

test("a page that has waited often enough is told that there is none", async () => {
  const wait = (count: number) => ({
    multiValueQueryStringParameters: { __windlass_wait: [`${count}`] },
  });

  const again = await new Lab("app").ask(wait(3));
  const last = await new Lab("app").ask(wait(15));

  expect(headersOf(again)["location"]).toBe("/orders/7?__windlass_wait=4");
  expect([last.statusCode, headersOf(last)["retry-after"]]).toEqual([503, "60"]);
});

test.each([
  [
    "a stream",
    {
      multiValueHeaders: { ...EVENT.multiValueHeaders, accept: ["text/event-stream"] },
      httpMethod: "POST",
    },
  ],
  [
    "an upload",
    {
      httpMethod: "POST",
      body: "bytes",
      multiValueHeaders: { ...EVENT.multiValueHeaders, "content-type": ["image/png"] },
    },
  ],
])("%s is told to come again, and brings a container", async (_, event) => {
  const lab = new Lab();

  const answered = await lab.ask(event);

  expect([answered.statusCode, headersOf(answered)["retry-after"]]).toEqual([503, "5"]);
  expect(lab.spawned).toMatchObject([{ body: null }]);
});

test("where as many wait as may, nobody else is let in", async () => {
  const lab = new Lab();
  lab.waiting = 501;

  expect(await lab.ask()).toMatchObject({ statusCode: 503 });
  expect(lab.spawned).toEqual([]);
});

test("what no container could start for says so, and nothing of why", async () => {
  const lab = new Lab();
  const error = new ContainerStartupError("WINDLASS_STARTUP_CRASH", "a secret reason");
  lab.result = failedPage(
    { start: 0, count: 1 },
    "startup",
    encodePage([error], () => "error"),
  );

  const answered = await lab.ask();

  expect(answered.statusCode).toBe(503);
  expect(bodyOf(answered)).toContain("WINDLASS_STARTUP_CRASH");
  expect(bodyOf(answered)).not.toContain("secret");
  expect(lab.logged).toMatchObject([
    { event: "request-failed", error: expect.stringContaining("secret") },
  ]);
});

test.each([
  ["without the header", { multiValueHeaders: {} }, GROUP],
  [
    "with another function's",
    { multiValueHeaders: { "x-windlass-endpoint": ["shop/other/x"] } },
    GROUP,
  ],
  ["of another load balancer", {}, "group/other"],
])("a request %s is answered by nobody", async (_, event, group) => {
  const lab = new Lab();

  expect(await lab.ask(event, group)).toMatchObject({ statusCode: 404 });
  expect(lab.spawned).toEqual([]);
});
