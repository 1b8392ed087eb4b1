// Which names of headers, cookies and query strings the cache policy and the origin request policy of a behavior let through.

function allows({ kind, names }, name) {
  if (kind === "all") return true;
  if (kind === "whitelist") return names.includes(name);
  return kind === "allExcept" && !names.includes(name);
}

/** `policies` are the cache policy's kind and, where there is one, the origin request policy's: what either lets through. */
export function isForwarded(policies, name) {
  return policies.some((policy) => allows(policy, name));
}
