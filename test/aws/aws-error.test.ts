import { describe, expect, it } from "vitest";
import { onAws } from "../../lib/aws/aws-error.ts";
import { NotFoundError } from "../../lib/errors.ts";

function named(name: string, message = "said AWS"): Error {
  return Object.assign(new Error(message), { name });
}

describe("an error of AWS", () => {
  it.each([
    [named("CredentialsProviderError"), "WINDLASS_AWS_NO_CREDENTIALS"],
    [named("ExpiredTokenException"), "WINDLASS_AWS_CREDENTIALS_EXPIRED"],
    [named("UnrecognizedClientException"), "WINDLASS_AWS_CREDENTIALS_INVALID"],
    [named("AccessDeniedException"), "WINDLASS_AWS_ACCESS_DENIED"],
    [named("ThrottlingException"), "WINDLASS_AWS_THROTTLED"],
    [named("Error", "Region is missing"), "WINDLASS_AWS_NO_REGION"],
  ])("%s has a code, our sentence above its own, and a fix", async (cause, code) => {
    const error = onAws("read a row", () => Promise.reject(cause));
    await expect(error).rejects.toMatchObject({
      code,
      cause,
      message: expect.stringMatching(`^cannot read a row: .*${cause.message}`),
      hint: expect.stringMatching(/.+/),
    });
  });

  it("that nobody foresaw is told whole", async () => {
    await expect(onAws("read", () => Promise.reject(named("Odd")))).rejects.toMatchObject({
      code: "WINDLASS_AWS_FAILED",
      message: "cannot read: Odd: said AWS",
    });
  });

  it("stays what it is when it is one of ours", async () => {
    const ours = new NotFoundError("WINDLASS_OBJECT_MISSING", "gone");
    await expect(onAws("read", () => Promise.reject(ours))).rejects.toBe(ours);
  });
});
