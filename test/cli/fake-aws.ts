import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** What an operation answers: JSON, XML, or an error of AWS by its name. */
export type Answer = object | string | { readonly error: string; readonly message: string };

/** AWS on this machine: operations by name, each with its answer, or that to a request's body. It refuses whatever else is asked. */
export async function fakeAws(
  operations: Readonly<Record<string, Answer | ((body: string) => Answer)>>,
): Promise<NodeJS.ProcessEnv> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const target = String(request.headers["x-amz-target"] ?? "");
      const text = Buffer.concat(chunks).toString();
      const body = new URLSearchParams(text);
      const [, service = ""] =
        /\/([\w-]+)\/aws4_request/.exec(request.headers.authorization ?? "") ?? [];
      // S3 has neither a target nor an action: all of it is "s3".
      const operation = target.split(".").at(-1) || (body.get("Action") ?? service);
      const known = operations[operation] ?? {
        error: "UnexpectedOperation",
        message: `the test expects no ${operation}`,
      };
      const answer = typeof known === "function" ? known(text) : known;
      const { status, type, text: told } = toResponse(answer, target !== "");
      response.writeHead(status, { "content-type": type }).end(told);
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

function toResponse(
  answer: Answer,
  isJson: boolean,
): { readonly status: number; readonly type: string; readonly text: string } {
  const type = isJson ? "application/x-amz-json-1.1" : "text/xml";
  if (typeof answer === "string") return { status: 200, type, text: answer };
  if (!("error" in answer)) return { status: 200, type, text: JSON.stringify(answer) };
  const { error, message } = answer as { readonly error: string; readonly message: string };
  const text = isJson
    ? JSON.stringify({ __type: error, message })
    : `<ErrorResponse><Error><Type>Sender</Type><Code>${error}</Code><Message>${message}</Message></Error></ErrorResponse>`;
  return { status: 400, type, text };
}

/** The facts of an environment. */
export function facts(version: string): object {
  const values = {
    version,
    "table-name": "rows",
    "bucket-name": "objects",
    "cluster-name": "hosts",
  };
  return {
    Parameters: Object.entries(values).map(([name, Value]) => ({
      Name: `/windlass/default/${name}`,
      Value,
    })),
  };
}
