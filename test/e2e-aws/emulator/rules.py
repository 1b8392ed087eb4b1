"""Listener rules in full: query strings, weighted groups and priorities, which ministack drops."""
from xml.sax.saxutils import escape

from ministack.services import alb
from ministack.services.cloudformation import provisioners


def _members(params, prefix):
    number = 1
    while any(key.startswith(f"{prefix}.member.{number}.") for key in params):
        yield f"{prefix}.member.{number}"
        number += 1


def query_strings():
    """A query-string condition has pairs of key and value, the key being optional."""
    plain_parse, plain_xml, plain_flatten = alb._parse_conditions, alb._condition_xml, provisioners._flatten_listener_rule_conditions

    def parse(params, prefix="Conditions"):
        conditions = plain_parse(params, prefix)
        for number, condition in enumerate(conditions, start=1):
            if condition["Field"] == "query-string":
                at = f"{prefix}.member.{number}.QueryStringConfig.Values"
                condition["QueryStringConfig"] = {"Values": [
                    {key: alb._p(params, f"{one}.{key}") for key in ("Key", "Value") if alb._p(params, f"{one}.{key}")}
                    for one in _members(params, at)
                ]}
        return conditions

    def flatten(conditions):
        made = plain_flatten(conditions)
        for given, condition in zip(conditions or [], made):
            if condition["Field"] == "query-string":
                condition.update(Values=[], QueryStringConfig={"Values": list(given["QueryStringConfig"]["Values"])})
        return made

    def xml(condition):
        if "QueryStringConfig" not in condition:
            return plain_xml(condition)
        pairs = "".join(
            f"<member>{''.join(f'<{key}>{escape(value)}</{key}>' for key, value in pair.items())}</member>"
            for pair in condition["QueryStringConfig"]["Values"]
        )
        return f"<member><Field>query-string</Field><QueryStringConfig><Values>{pairs}</Values></QueryStringConfig></member>"

    alb._parse_conditions, alb._condition_xml = parse, xml
    provisioners._flatten_listener_rule_conditions = flatten


def weighted_groups():
    """A forward action names its groups in a ForwardConfig; one group alone is its TargetGroupArn too."""
    plain_parse, plain_xml, plain_template = alb._parse_actions, alb._action_xml, provisioners._elbv2_listener_actions

    def kept(action, groups):
        if groups:
            action["ForwardConfig"] = {"TargetGroups": groups}
            if len(groups) == 1:
                action["TargetGroupArn"] = groups[0]["TargetGroupArn"]
            else:
                action.pop("TargetGroupArn", None)

    def parse(params, prefix="DefaultActions"):
        actions = plain_parse(params, prefix)
        for number, action in enumerate(actions, start=1):
            kept(action, [
                {"TargetGroupArn": alb._p(params, f"{one}.TargetGroupArn"), "Weight": int(alb._p(params, f"{one}.Weight") or 1)}
                for one in _members(params, f"{prefix}.member.{number}.ForwardConfig.TargetGroups")
            ])
        return actions

    def of_template(properties, load_balancer, prop="DefaultActions"):
        actions = plain_template(properties, load_balancer, prop)
        for given, action in zip([one for one in properties.get(prop) or [] if isinstance(one, dict)], actions):
            kept(action, [
                {"TargetGroupArn": one["TargetGroupArn"], "Weight": int(one.get("Weight", 1))}
                for one in given.get("ForwardConfig", {}).get("TargetGroups", [])
            ])
        return actions

    def xml(action):
        made = plain_xml(action)
        groups = action.get("ForwardConfig", {}).get("TargetGroups") or (
            [{"TargetGroupArn": action["TargetGroupArn"], "Weight": 1}] if "TargetGroupArn" in action else []
        )
        if not groups:
            return made
        members = "".join(
            f"<member><TargetGroupArn>{one['TargetGroupArn']}</TargetGroupArn><Weight>{one['Weight']}</Weight></member>"
            for one in groups
        )
        config = f"<ForwardConfig><TargetGroups>{members}</TargetGroups></ForwardConfig>"
        return made.removesuffix("</member>") + f"{config}</member>"

    alb._parse_actions, alb._action_xml = parse, xml
    provisioners._elbv2_listener_actions = of_template


def priorities():
    """Two rules of a listener cannot have one priority, and they are told in its order."""
    plain_create, plain_template = alb._ACTION_MAP["CreateRule"], provisioners._elbv2_listener_rule_create

    def is_taken(listener, priority):
        return any(r["ListenerArn"] == listener and str(r["Priority"]) == str(priority) for r in alb._rules.values())

    def create(params):
        priority = alb._p(params, "Priority", "1")
        if is_taken(alb._p(params, "ListenerArn"), priority):
            return alb._error("PriorityInUse", f"Priority '{priority}' is currently in use")
        return plain_create(params)

    def of_template(logical_id, properties, stack_name):
        if is_taken(properties.get("ListenerArn"), properties.get("Priority", 1)):
            raise ValueError(f"Priority '{properties.get('Priority', 1)}' is currently in use")
        return plain_template(logical_id, properties, stack_name)

    def describe(params):
        listener, arns = alb._p(params, "ListenerArn"), alb._parse_member_list(params, "RuleArns")
        found = [r for r in alb._rules.values() if r["ListenerArn"] == listener or r["RuleArn"] in arns]
        if len(found) < len(arns):
            return alb._error("RuleNotFound", "One or more rules not found")
        members = "".join(alb._rule_xml(rule) for rule in sorted(found, key=alb._rule_sort_key))
        return alb._xml(200, "DescribeRules", f"<Rules>{members}</Rules>")

    alb._ACTION_MAP.update(CreateRule=create, DescribeRules=describe)
    provisioners._elbv2_listener_rule_create = of_template
    provisioners._RESOURCE_HANDLERS["AWS::ElasticLoadBalancingV2::ListenerRule"]["create"] = of_template


def security_group_rules():
    """A rule of a security group can be a resource of its own."""
    for kind, field in (("Ingress", "IpPermissions"), ("Egress", "IpPermissionsEgress")):
        provisioners._RESOURCE_HANDLERS[f"AWS::EC2::SecurityGroup{kind}"] = _rule_handler(field)


def _rule_handler(field):
    ec2 = provisioners._ec2

    def create(logical_id, properties, stack_name):
        group = ec2._security_groups.get(properties.get("GroupId", ""))
        if group is None:
            raise ValueError(f"The security group '{properties.get('GroupId')}' does not exist")
        group[field].extend(provisioners._ec2_sg_permissions([properties]))
        made = f"sgr-{provisioners.new_uuid().replace('-', '')[:17]}"
        return made, {"Id": made}

    def delete(physical_id, properties):
        group = ec2._security_groups.get(properties.get("GroupId", ""))
        for one in provisioners._ec2_sg_permissions([properties]) if group else []:
            if one in group[field]:
                group[field].remove(one)

    return {"create": create, "delete": delete}


def token_checks():
    """An action can check a JSON Web Token ahead of the one that forwards."""
    plain_parse, plain_xml, plain_template = alb._parse_actions, alb._action_xml, provisioners._elbv2_listener_actions

    def claim(params, at):
        names = {name: alb._p(params, f"{at}.{name}") for name in ("Name", "Format")}
        return names | {"Values": alb._parse_member_list(params, f"{at}.Values")}

    def parse(params, prefix="DefaultActions"):
        actions = plain_parse(params, prefix)
        for number, action in enumerate(actions, start=1):
            at = f"{prefix}.member.{number}.JwtValidationConfig"
            if alb._p(params, f"{at}.Issuer"):
                action["JwtValidationConfig"] = {
                    **{name: alb._p(params, f"{at}.{name}") for name in ("Issuer", "JwksEndpoint")},
                    "AdditionalClaims": [claim(params, one) for one in _members(params, f"{at}.AdditionalClaims")],
                }
        return actions

    def of_template(properties, load_balancer, prop="DefaultActions"):
        actions = plain_template(properties, load_balancer, prop)
        for given, action in zip([one for one in properties.get(prop) or [] if isinstance(one, dict)], actions):
            if "JwtValidationConfig" in given:
                action["JwtValidationConfig"] = dict(given["JwtValidationConfig"])
        return actions

    def xml(action):
        config = action.get("JwtValidationConfig")
        if not config:
            return plain_xml(action)
        claims = "".join(
            f"<member><Name>{escape(one['Name'])}</Name><Format>{one['Format']}</Format><Values>"
            f"{''.join(f'<member>{escape(value)}</member>' for value in one['Values'])}</Values></member>"
            for one in config.get("AdditionalClaims", [])
        )
        made = (
            f"<JwtValidationConfig><Issuer>{escape(config['Issuer'])}</Issuer>"
            f"<JwksEndpoint>{escape(config['JwksEndpoint'])}</JwksEndpoint>"
            f"<AdditionalClaims>{claims}</AdditionalClaims></JwtValidationConfig>"
        )
        return plain_xml(action).removesuffix("</member>") + f"{made}</member>"

    alb._parse_actions, alb._action_xml = parse, xml
    provisioners._elbv2_listener_actions = of_template
