import { type CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { AlreadyExistsError, ExecutionError } from "../../errors.ts";
import { onAws } from "../aws-error.ts";

/** A CloudFormation stack. */
export interface Stack {
  readonly name: string;
  readonly id: string;
  readonly status: string;
  /** Why it is in that status, where CloudFormation says it. */
  readonly reason: string | undefined;
  /** By the name of the output. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** The stack of this name, or of this id after it was removed. */
export async function findStack(
  client: CloudFormationClient,
  name: string,
): Promise<Stack | undefined> {
  const answer = await onAws(`look at the stack ${name}`, async () => {
    try {
      return await client.send(new DescribeStacksCommand({ StackName: name }));
    } catch (error) {
      if (error instanceof Error && /does not exist/.test(error.message)) return undefined;
      throw error;
    }
  });
  const [stack] = answer?.Stacks ?? [];
  if (stack === undefined) return undefined;
  const outputs = (stack.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [
    OutputKey,
    OutputValue,
  ]);
  return {
    name: stack.StackName ?? name,
    id: stack.StackId ?? name,
    status: stack.StackStatus ?? "",
    reason: stack.StackStatusReason,
    outputs: Object.fromEntries(outputs) as Record<string, string>,
  };
}

/**
 * Refuses a stack that cannot be updated now. One whose creation failed can: what is left of it is removed first.
 *
 * @throws ExecutionError
 */
export function checkUpdatable(stack: Stack): void {
  const { name, status } = stack;
  checkIdle(stack);
  if (status === "UPDATE_ROLLBACK_FAILED") {
    throw refusal(stack, {
      code: "WINDLASS_STACK_STUCK",
      message: "could neither be updated nor brought back",
      hint: `mend the cause, then run \`aws cloudformation continue-update-rollback --stack-name ${name}\` and deploy again; \`--resources-to-skip\` leaves out a resource that cannot be mended`,
    });
  }
  if (status === "ROLLBACK_FAILED" || status === "DELETE_FAILED") {
    throw refusal(stack, {
      code: "WINDLASS_STACK_BROKEN",
      message: "could not be removed after it failed",
      hint: `run \`aws cloudformation delete-stack --stack-name ${name}\`, look at its events if that fails, then deploy again`,
    });
  }
}

/** Refuses a stack that is being changed. @throws ExecutionError */
export function checkIdle(stack: Stack): void {
  const { name, status } = stack;
  if (!status.endsWith("_IN_PROGRESS") || status === "REVIEW_IN_PROGRESS") return;
  throw refusal(stack, {
    code: "WINDLASS_STACK_BUSY",
    message: "is being changed by another deployment",
    hint: `wait until it is done, or end it with \`aws cloudformation cancel-update-stack --stack-name ${name}\``,
  });
}

function refusal(
  { name, status, reason }: Stack,
  { code, message, hint }: Readonly<Record<"code" | "message" | "hint", string>>,
): ExecutionError {
  const because = reason === undefined ? "" : `: ${reason}`;
  return new ExecutionError(code, `stack ${name} ${message} (${status}${because})`, { hint });
}

/** Its creation failed and nothing of it is in use. */
export function hasFailedCreation({ status }: Stack): boolean {
  return status === "ROLLBACK_COMPLETE" || status === "REVIEW_IN_PROGRESS";
}

/** Refuses a stack of the right name that is something else. @throws AlreadyExistsError */
export function checkOutput(
  stack: Stack,
  isExpected: (output: string, value: string) => boolean,
  what: string,
): void {
  if (Object.entries(stack.outputs).some(([output, value]) => isExpected(output, value))) return;
  const hint = "deploy with another name (`--name`), or in another account or region";
  throw new AlreadyExistsError(
    "WINDLASS_STACK_TAKEN",
    `there is a stack ${stack.name} that is not ${what}`,
    { hint },
  );
}
