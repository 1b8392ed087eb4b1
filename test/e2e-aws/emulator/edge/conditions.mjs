// Conditions of rules. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
import { BlockList } from "node:net";

/** `*` stands for any number of characters, `?` for one. */
function isLike(pattern, text, flags = "") {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${source}$`, `s${flags}`).test(text);
}

const TESTS = {
  "path-pattern": ({ Values }, { path }) => Values.some((one) => isLike(one, path)),
  "host-header": ({ Values }, exchange) => {
    const [host = ""] = (exchange.header("host") ?? "").split(":");
    return Values.some((one) => isLike(one, host, "i"));
  },
  // Methods are told apart by case.
  "http-request-method": ({ Values }, { method }) => Values.includes(method),
  "http-header": ({ HttpHeaderConfig: { HttpHeaderName, Values } }, exchange) => {
    const name = HttpHeaderName.toLowerCase();
    const values = exchange.headers.filter(([one]) => one.toLowerCase() === name);
    return values.some(([, value]) => Values.some((one) => isLike(one, value, "i")));
  },
  "query-string": ({ QueryStringConfig: { Values } }, { query }) => {
    const pairs = [...new URLSearchParams(query)];
    return Values.some(({ Key, Value }) =>
      pairs.some(
        ([key, value]) => (Key === undefined || isLike(Key, key, "i")) && isLike(Value, value, "i"),
      ),
    );
  },
  "source-ip": ({ Values }, { clientAddress }) => {
    const list = new BlockList();
    for (const one of Values.filter((value) => !value.includes(":"))) {
      const [address, bits] = one.split("/");
      list.addSubnet(address, Number(bits));
    }
    return list.check(clientAddress);
  },
};

export function isMatch(condition, exchange) {
  const test = TESTS[condition.Field];
  if (test === undefined) console.error(`edge: conditions on ${condition.Field} are not served`);
  return test?.(condition, exchange) ?? false;
}
