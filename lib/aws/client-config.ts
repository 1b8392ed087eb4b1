// It is about versions of the SDK that this package does not install.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

/** What every client has: it slows down where AWS asks for it, for all of its requests together. */
export const CLIENT_CONFIG = { retryMode: "adaptive", maxAttempts: 8 } as const;
