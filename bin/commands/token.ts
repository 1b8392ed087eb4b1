import { randomBytes } from "node:crypto";
import type { ConnectOptions } from "../../lib/client/connect-options.ts";
import { NotFoundError } from "../../lib/errors.ts";
import { sha256 } from "../../lib/sha256.ts";
import type { Tokens } from "../../lib/tokens.ts";
import type { Invocation } from "../command-table.ts";
import { type Actions, printLine, runAction } from "../storage/actions.ts";

/** What tokens begin with, so that scanners of secrets know them. */
const PREFIX = "wlt";
/** 256 bits: nobody guesses it, so its hash needs no salt. */
const SECRET_BYTES = 32;

const ACTIONS: Actions = {
  create: {
    operands: "[name]",
    async run({ name, json, connect }) {
      const id = randomBytes(4).toString("hex");
      const token = `${PREFIX}_${id}_${randomBytes(SECRET_BYTES).toString("base64url")}`;
      await (await open(connect)).add({ id, name, hash: sha256(token), createdAt: Date.now() });
      // The only time that it is shown: what is kept is its hash.
      printLine(json ? JSON.stringify({ id, name, token }) : token);
    },
  },
  list: {
    operands: "",
    async run({ json, connect }) {
      const found = await (await open(connect)).list();
      const all = found.map(({ id, name, createdAt }) => ({
        id,
        name,
        createdAt: new Date(createdAt),
      }));
      if (json) printLine(JSON.stringify(all));
      else if (all.length === 0) printLine("there is no token");
      else
        for (const { id, name, createdAt } of all)
          printLine(`${id}  ${createdAt.toISOString()}  ${name}`);
    },
  },
  delete: {
    operands: "<id>",
    async run({ name: id, options, connect }) {
      const tokens = await open(connect);
      if ((await tokens.delete(id)) || options["allowMissing"] === true) return;
      const known = (await tokens.list()).map((token) => token.id);
      throw new NotFoundError("WINDLASS_TOKEN_NOT_FOUND", `there is no token "${id}"`, {
        hint: known.length === 0 ? "there are none" : `there are ${known.join(", ")}`,
      });
    },
  },
};

/** Makes, lists and removes tokens that requests carry. */
export async function run(invocation: Invocation): Promise<number> {
  return await runAction("token", ACTIONS, invocation);
}

/** Those of this machine's project, or of an environment. */
async function open(connect: ConnectOptions): Promise<Tokens> {
  if ("environment" in connect) {
    const { openTokens } = await import("../../lib/aws/start.ts");
    return await openTokens(connect);
  }
  const { ensureStateDirectory, projectRootOf } = await import("../../lib/local/project.ts");
  const { LocalTokens } = await import("../../lib/local/storage/local-tokens.ts");
  return new LocalTokens(ensureStateDirectory(projectRootOf(process.cwd())));
}
