import { isWindlassError, WindlassError } from "../errors.ts";

interface Explanation {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** Names under which AWS and its SDK report what a user can mend. */
const EXPLANATIONS: readonly (readonly [names: RegExp, explanation: Explanation])[] = [
  [
    /^(CredentialsProviderError|TokenProviderError)$/,
    {
      code: "WINDLASS_AWS_NO_CREDENTIALS",
      message: "no AWS credentials were found",
      hint: "run `aws sso login` or `aws configure`, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    },
  ],
  [
    /^(ExpiredToken|ExpiredTokenException|RequestExpired)$/,
    {
      code: "WINDLASS_AWS_CREDENTIALS_EXPIRED",
      message: "the AWS credentials have expired",
      hint: "run `aws sso login`, or renew what AWS_SESSION_TOKEN holds",
    },
  ],
  [
    /^(UnrecognizedClientException|InvalidClientTokenId|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignatureException)$/,
    {
      code: "WINDLASS_AWS_CREDENTIALS_INVALID",
      message: "AWS does not know these credentials",
      hint: "look at AWS_PROFILE and AWS_ACCESS_KEY_ID; `aws sts get-caller-identity` says who you are",
    },
  ],
  [
    /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|AuthorizationError)$/,
    {
      code: "WINDLASS_AWS_ACCESS_DENIED",
      message: "AWS refused it to these credentials",
      hint: "the line below names the action: allow it to this user or role, or use another AWS_PROFILE",
    },
  ],
  [
    /^(Throttling|ThrottlingException|RequestLimitExceeded|ProvisionedThroughputExceededException|RequestThrottled|SlowDown|TooManyRequestsException)$/,
    {
      code: "WINDLASS_AWS_THROTTLED",
      message: "AWS still refuses more requests a second after several attempts",
      hint: "try again; if it goes on, ask for a higher quota of this service",
    },
  ],
];

const NO_REGION: Explanation = {
  code: "WINDLASS_AWS_NO_REGION",
  message: "no AWS region was given",
  hint: "set AWS_REGION, or `region` in the profile of ~/.aws/config",
};

/**
 * What an error of the AWS SDK means for who used Windlass, with the SDK's own as its cause.
 * `doing` completes the sentence: `cannot <doing>`.
 */
export function toAwsError(error: unknown, doing: string): WindlassError {
  if (isWindlassError(error)) return error as WindlassError;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const told = EXPLANATIONS.find(([names]) => names.test(name))?.[1];
  const explanation = told ?? (/^Region is missing/.test(message) ? NO_REGION : undefined);
  if (explanation === undefined) {
    return new WindlassError("WINDLASS_AWS_FAILED", `cannot ${doing}: ${name}: ${message}`, {
      cause: error,
    });
  }
  const action = /not authorized to perform: ([\w-]+:\w+)/.exec(message)?.[1];
  return new WindlassError(
    explanation.code,
    `cannot ${doing}: ${explanation.message} (${name}: ${message})`,
    { hint: action === undefined ? explanation.hint : hintToAllow(action), cause: error },
  );
}

function hintToAllow(action: string): string {
  return `allow ${action} to this user or role, or use another AWS_PROFILE`;
}

/** Does something with AWS; what fails is told as an error with a code. @throws WindlassError */
export async function onAws<T>(doing: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw toAwsError(error, doing);
  }
}
