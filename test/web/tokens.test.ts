import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { appProject, report, windlass } from "../cli/cli.ts";
import { serveProject } from "./served.ts";

const APP = `
import { App } from "windlass";
export const app = new App("secured");
export const secured = app.endpoint("secured", { auth: "bearer" }, ({ query }) => ({ in: query }));
`;

test("requests of endpoints with auth need a token, which works until it is deleted", async () => {
  const root = appProject({ "app.ts": APP });
  const created = await windlass(root, ["token", "create", "ci", "--json"]);
  const { id, token } = JSON.parse(created.stdout) as { id: string; token: string };
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await fetch(served.url("secured"), { headers })).status;
  await using served = await serveProject(root);

  expect(await status({})).toBe(401);
  expect(await status({ authorization: "Bearer wrong" })).toBe(401);
  expect(await status({ authorization: `Bearer ${token}` })).toBe(200);

  expect((await windlass(root, ["token", "list"])).stdout).toMatch(RegExp(`^${id}  .*  ci\n$`));
  expect((await windlass(root, ["token", "delete", id])).code).toBe(0);
  expect((await windlass(root, ["token", "list"])).stdout).toBe("there is no token\n");
});

test("the file of tokens is for its user alone, and has none of them in it", async () => {
  const root = appProject({ "app.ts": APP });
  const { stdout: token } = await windlass(root, ["token", "create"]);

  const file = join(root, ".windlass/tokens.json");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(token).toMatch(/^wlt_[0-9a-f]{8}_[\w-]{43}\n$/);
});

test("a token that there is not cannot be deleted", async () => {
  const root = appProject({ "app.ts": APP });

  const outcome = await windlass(root, ["token", "delete", "nothing"]);

  expect(report(root, outcome)).toMatch(/WINDLASS_TOKEN_NOT_FOUND.*exit 1$/s);
});

test("windlass curl finds what is served, and sends the token of its environment", async () => {
  const root = appProject({ "app.ts": APP });
  const { stdout } = await windlass(root, ["token", "create"]);
  const env = { WINDLASS_TOKEN: stdout.trim() };
  await using _ = await serveProject(root);

  const found = await windlass(root, ["curl", "secured?a=1", "--silent"], env);
  const other = await windlass(root, ["curl", "nothing"], env);

  expect(found).toMatchObject({ code: 0, stdout: '{"in":{"a":"1"}}' });
  expect(report(root, other)).toMatch(/WINDLASS_NOT_SERVED.*it serves secured/s);
});
