"""Which host a task fits on: its resources and its constraints in ECS's cluster query language."""
import re

TOKEN = re.compile(r"\s*(==|!=|=~|!~|>=|<=|>|<|\(|\)|\[|\]|,|[^\s()\[\],=!<>~]+|!)")
COMPARE = {
    "==": lambda is_, wanted: is_ == wanted, "equals": lambda is_, wanted: is_ == wanted,
    "!=": lambda is_, wanted: is_ != wanted, "not_equals": lambda is_, wanted: is_ != wanted,
    "=~": lambda is_, wanted: is_ is not None and re.search(wanted, is_) is not None,
    "matches": lambda is_, wanted: is_ is not None and re.search(wanted, is_) is not None,
    "!~": lambda is_, wanted: is_ is None or re.search(wanted, is_) is None,
    "not_matches": lambda is_, wanted: is_ is None or re.search(wanted, is_) is None,
    ">": lambda is_, wanted: float(is_) > float(wanted), ">=": lambda is_, wanted: float(is_) >= float(wanted),
    "<": lambda is_, wanted: float(is_) < float(wanted), "<=": lambda is_, wanted: float(is_) <= float(wanted),
}


class InvalidExpression(ValueError):
    pass


def satisfied(expression, facts, attributes):
    """Whether a host with these facts (ec2InstanceId, status, …) and attributes satisfies the expression."""
    text = expression.strip()
    tokens = TOKEN.findall(text)
    if not tokens or re.sub(r"\s", "", text) != "".join(tokens):
        raise InvalidExpression(expression)
    value, rest = _either(tokens, facts, attributes)
    if rest:
        raise InvalidExpression(expression)
    return value


def _either(tokens, *host):
    value, tokens = _both(tokens, *host)
    while tokens and tokens[0].lower() in ("or", "||"):
        other, tokens = _both(tokens[1:], *host)
        value = value or other
    return value, tokens


def _both(tokens, *host):
    value, tokens = _one(tokens, *host)
    while tokens and tokens[0].lower() in ("and", "&&"):
        other, tokens = _one(tokens[1:], *host)
        value = value and other
    return value, tokens


def _one(tokens, *host):
    if not tokens:
        raise InvalidExpression("it ends too early")
    if tokens[0].lower() in ("not", "!"):
        value, rest = _one(tokens[1:], *host)
        return not value, rest
    if tokens[0] == "(":
        value, rest = _either(tokens[1:], *host)
        if rest[:1] != [")"]:
            raise InvalidExpression("( without )")
        return value, rest[1:]
    return _comparison(tokens, *host)


def _comparison(tokens, facts, attributes):
    subject, operator, rest = tokens[0], "".join(tokens[1:2]).lower(), tokens[2:]
    if subject.startswith("attribute:"):
        is_ = attributes.get(subject.removeprefix("attribute:"))
    elif subject in facts:
        is_ = str(facts[subject])
    else:
        raise InvalidExpression(f"no subject {subject}")
    if operator == "exists":
        return is_ is not None, rest
    if operator == "!" and rest[:1] == ["exists"] or operator in ("!exists", "not_exists"):
        return is_ is None, rest[1:] if operator == "!" else rest
    negated = operator in ("not_in", "!in") or operator == "!" and rest[:1] == ["in"]
    if operator == "in" or negated:
        rest = rest[1:] if operator == "!" else rest
        if rest[:1] != ["["] or "]" not in rest:
            raise InvalidExpression("in takes [a, b]")
        end = rest.index("]")
        return (is_ in [item for item in rest[1:end] if item != ","]) != negated, rest[end + 1:]
    if operator not in COMPARE or not rest:
        raise InvalidExpression(f"no operator {operator}")
    return COMPARE[operator](is_, rest[0]), rest[1:]


def needs(definition, overrides):
    """What a task takes from its host: {"CPU": units, "MEMORY": MiB, "GPU": {container: count}}."""
    by_name = {o.get("name"): o for o in overrides.get("containerOverrides", [])}
    cpu = memory = 0
    gpus = {}
    for container in definition.get("containerDefinitions", []):
        override = by_name.get(container["name"], {})
        cpu += override.get("cpu", container.get("cpu", 0)) or 0
        # The soft limit is what is set aside where there is one.
        soft = override.get("memoryReservation", container.get("memoryReservation"))
        memory += soft or override.get("memory", container.get("memory")) or 0
        required = override.get("resourceRequirements", container.get("resourceRequirements")) or []
        count = sum(int(r["value"]) for r in required if r.get("type") == "GPU")
        if count:
            gpus[container["name"]] = count
    task_cpu, task_memory = overrides.get("cpu") or definition.get("cpu"), overrides.get("memory") or definition.get("memory")
    return {"CPU": int(task_cpu or cpu), "MEMORY": int(task_memory or memory), "GPU": gpus}
