import { beforeAll, describe, expect, inject } from "vitest";
import type { ContainerRow } from "../../lib/aws/container-row.ts";
import { awsTest, until } from "./aws.ts";
import { AWS_ENV, environmentOf, onAws } from "./deployed.ts";
import { ask, open } from "./edge-lab.ts";
import { createPlace } from "./place.ts";

const MINUTES = 60_000;
const place = createPlace("endpoints");
const { environment, app: name } = place;

/** The app, as a user would write it. */
const source = (mark: string): string => `
import { App, HttpError, nodeListener } from "windlass";
import { createServer } from "node:http";
export const app = new App(${JSON.stringify(name)});
const size = { cpu: 0.25, memoryMiB: 256, concurrency: { maxInputs: 20 } };
export const order = app.endpoint(
  "order",
  { ...size, method: "POST", path: "/orders/:id" },
  async ({ params, request }) => {
    const { items } = await request.json() as { items: number };
    if (items < 0) throw new HttpError(422, "no such order");
    return { id: params.id, items, mark: "${mark}", host: request.headers.get("host") };
  },
);
export const secret = app.endpoint("secret", { ...size, auth: "bearer" }, () => "for friends");
export const site = app.webApp("site", { ...size, maxContainers: 2 }, () =>
  nodeListener((request, response) => {
    if (request.url === "/events") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      let n = 0;
      const timer = setInterval(() => {
        response.write(\`data: \${n}\\n\\n\`);
        n += 1;
        if (n === 3) { clearInterval(timer); response.end(); }
      }, 50);
      return;
    }
    const { url, headers } = request;
    response.end(JSON.stringify({ url, names: Object.keys(headers).sort(), proto: headers["x-forwarded-proto"], container: process.env.WINDLASS_CONTAINER_ID }));
  }),
);
`;

const hosts = new Map<string, string>();

function hostOf(fn: string): string {
  return hosts.get(fn) ?? "";
}

beforeAll(async () => {
  if (inject("aws") === null) return;
  Object.assign(process.env, AWS_ENV);
  const deployed = await place.deploy({ "app.ts": source("one") }, "--json");
  expect(deployed.code, deployed.stderr).toBe(0);
  const { urls } = JSON.parse(deployed.stdout) as { urls: Record<string, string> };
  for (const [fn, url] of Object.entries(urls)) hosts.set(fn, new URL(url).host);
}, 4 * MINUTES);

/** As clients do that follow what they are told. */
async function follow(
  host: string,
  path: string,
  asked: Parameters<typeof ask>[2] = {},
): Promise<Awaited<ReturnType<typeof ask>>> {
  let [at, how] = [path, asked];
  for (let times = 0; times < 10; times += 1) {
    const answer = await ask(host, at, how);
    const { location } = answer.headers;
    if (![303, 307].includes(answer.status) || location === undefined) return answer;
    at = location;
    if (answer.status === 303) how = {};
  }
  throw new Error(`${host}${path} leads in circles`);
}

function order(items: number) {
  return {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ items }),
  };
}

describe("an endpoint on AWS", () => {
  awsTest(
    "answers through the queue while it has no container, and then at once",
    async () => {
      const first = await follow(hostOf("order"), "/orders/7?a=1", order(2));
      expect(first.status, first.body).toBe(200);
      expect(JSON.parse(first.body)).toMatchObject({ id: "7", items: 2, mark: "one" });

      const { rows } = await environmentOf(environment);
      await until(
        "a container is sent requests",
        async () => {
          const found = await rows.list<ContainerRow>(`${name}#containers`);
          return found.some(({ body }) => body.pool === "order" && body.isServed === true);
        },
        { seconds: 60, everyMs: 500 },
      );
      const second = await ask(hostOf("order"), "/orders/8", order(1));
      expect(JSON.parse(second.body)).toMatchObject({ id: "8", host: hostOf("order") });
      const refused = await ask(hostOf("order"), "/orders/8", order(-1));
      expect(refused.status).toBe(422);
    },
    3 * MINUTES,
  );

  awsTest(
    "knows tokens of its environment",
    async () => {
      const { stdout } = await onAws(place.root, [
        ...["token", "create", "ci", "--on", "aws", "--environment", environment],
      ]);
      const token = stdout.trim();

      const refused = await follow(hostOf("secret"), "/");
      const wrong = await follow(hostOf("secret"), "/", {
        headers: { authorization: "Bearer wlt_no" },
      });
      const let_in = await follow(hostOf("secret"), "/", {
        headers: { authorization: `Bearer ${token}` },
      });

      expect([refused.status, wrong.status]).toEqual([401, 401]);
      expect(let_in).toMatchObject({ status: 200, body: '"for friends"' });
    },
    3 * MINUTES,
  );
});

describe("a web app on AWS", () => {
  awsTest(
    "is waited for, and sees requests as their clients wrote them",
    async () => {
      const answer = await follow(hostOf("site"), "/page?x=1");

      expect(answer.status).toBe(200);
      const { url, names, proto } = JSON.parse(answer.body) as {
        url: string;
        names: string[];
        proto: string;
      };
      expect([url, proto]).toEqual(["/page?x=1", "https"]);
      expect(names).not.toContain("x-windlass-endpoint");
    },
    3 * MINUTES,
  );

  awsTest(
    "streams",
    async () => {
      await follow(hostOf("site"), "/");
      const answer = await open(hostOf("site"), "/events");
      const parts: string[] = [];
      for await (const part of answer) parts.push(String(part));

      expect(parts.join("")).toBe("data: 0\n\ndata: 1\n\ndata: 2\n\n");
      expect(parts.length).toBeGreaterThan(1);
    },
    3 * MINUTES,
  );

  awsTest(
    "goes on through a deployment",
    async () => {
      await follow(hostOf("site"), "/");
      const answers: number[] = [];
      let isOver = false;
      const asking = (async () => {
        while (!isOver) answers.push((await follow(hostOf("site"), "/")).status);
      })();
      const containerOf = async (): Promise<string> =>
        (JSON.parse((await follow(hostOf("site"), "/")).body) as { container: string }).container;
      const before = await containerOf();

      await place.deploy({ "app.ts": source("two") });
      await until("another container", async () => (await containerOf()) !== before, {
        seconds: 120,
        everyMs: 500,
      });
      isOver = true;
      await asking;

      expect(new Set(answers)).toEqual(new Set([200]));
    },
    4 * MINUTES,
  );
});
