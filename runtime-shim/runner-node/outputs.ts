import { encodePage } from "../../lib/codec/encode.ts";
import type { Page } from "../../lib/codec/page.ts";
import { encodeMessage, resultAttachments, resultFields } from "../../lib/messages.ts";
import type { Job, JobFailure } from "./job.ts";
import { trimStack } from "./stack.ts";

/** The message with all results of a job that were not sent yet; undefined if there are none. */
export function takeOutputs(job: Job): Buffer[] | undefined {
  const { outputs, failures } = job;
  const { count } = outputs;
  if (count === 0) return undefined;
  const start = job.start + job.sent;
  job.sent += count;
  job.failures = [];
  const values = outputs.build();
  const page = {
    start,
    count,
    values,
    failures: failures.length === 0 ? undefined : failures.map(toFailure),
  };
  if (failures.length > 0) {
    const control = JSON.stringify(["out", job.id, ...resultFields(page)]);
    return encodeMessage(control, values.text, resultAttachments(page));
  }
  // Written by hand: this is half of what a result costs.
  const control = `["out",${job.id},${start},${count},${values.tagged ? 1 : 0},0]`;
  return encodeMessage(control, values.text, values.attachments);
}

function toFailure({ index, kind, error }: JobFailure): {
  index: number;
  kind: JobFailure["kind"];
  error: Page;
} {
  return { index, kind, error: encodeError(error) };
}

/** Anything that was thrown, as a page; fields that cannot travel are left behind. */
export function encodeError(error: unknown): Page {
  try {
    if (error instanceof Error) trimStack(error);
    return encodePage([error], () => "error");
  } catch {
    const plain = new Error(error instanceof Error ? error.message : String(error));
    if (error instanceof Error) {
      plain.name = error.name;
      plain.stack = error.stack ?? plain.message;
    }
    return encodePage([plain], () => "error");
  }
}
