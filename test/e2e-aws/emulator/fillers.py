"""What ministack 1.5.33 lacks against AWS, one function a gap. Delete each when the pinned version has it."""
import json
import os

from ministack.core.responses import get_region
from ministack.services import dynamodb, ecs, ssm
from ministack.services.cloudformation import provisioners

import balancing
import control
import counters  # noqa: F401  (it registers itself)
import edge
import events
import fifo
import fleet
import hosts
import kills
import ports
import queues
import rules
import schedules
import stopping
import tasks

FREE_FORM = {"options", "dockerLabels", "driverOpts", "labels", "dockerSecurityOptions"}
IRREGULAR = {
    "eFSVolumeConfiguration": "efsVolumeConfiguration",
    "filesystemId": "fileSystemId",
    "iAM": "iam",
}


def install():
    for filler in (
        ecs_optimized_images,
        container_credentials,
        complete_task_definitions,
        secret_reference_is_arn,
        file_systems_are_directories,
        containers_have_devices,
        table_time_to_live,
        control.control_endpoint,
        events.task_state_events,
        hosts.container_instances,
        tasks.placed_tasks,
        ports.host_ports,
        stopping.graceful_stops,
        fleet.instances_become_hosts,
        queues.stale_handles_are_accepted,
        queues.duplicates_without_expiry,
        queues.counts_are_approximate,
        queues.hidden_for_twelve_hours,
        fifo.expired_handles_are_refused,
        fifo.receives_can_be_repeated,
        kills.callers_die,
        schedules.scheduled_time_is_filled_in,
        schedules.rates_begin_at_once,
        balancing.targets_by_port,
        balancing.template_target_groups,
        rules.query_strings,
        rules.weighted_groups,
        rules.token_checks,
        rules.priorities,
        rules.security_group_rules,
        edge.data_plane,
    ):
        filler()


def ecs_optimized_images():
    """AWS publishes the ids of its ECS images as parameters, and PutParameter refuses their names."""
    for image in ("amazon-linux-2/gpu", "amazon-linux-2023", "amazon-linux-2023/arm64", "amazon-linux-2023/gpu"):
        name = f"/aws/service/ecs/optimized-ami/{image}/recommended/image_id"
        ssm._PUBLIC_AMI_PARAMETERS[name] = "ami-0c2023a1b2c3d4e5f"


def request_case(value):
    """A resource's properties as the fields of the request that would make it."""
    if isinstance(value, list):
        return [request_case(item) for item in value]
    if not isinstance(value, dict):
        return value
    fields = {}
    for key, item in value.items():
        name = key[:1].lower() + key[1:]
        name = IRREGULAR.get(name, name)
        fields[name] = item if name in FREE_FORM else request_case(item)
    return fields


def complete_task_definitions():
    """A task definition of a template has the secrets, GPUs and volumes written in it."""

    def create(logical_id, properties, stack_name):
        request = {"family": f"{stack_name}-{logical_id}", **request_case(properties)}
        status, _, body = ecs._register_task_definition(request)
        answer = json.loads(body)
        if status >= 400:
            raise ValueError(f"AWS::ECS::TaskDefinition {logical_id}: {answer}")
        arn = answer["taskDefinition"]["taskDefinitionArn"]
        return arn, {"TaskDefinitionArn": arn}

    def update(physical_id, old, new, stack_name, logical_id=None):
        return create(logical_id or physical_id, new, stack_name)

    provisioners._ecs_task_def_create = create
    provisioners._RESOURCE_HANDLERS["AWS::ECS::TaskDefinition"].update(create=create, update=update)


def file_systems_are_directories():
    """Containers that mount one EFS access point see one another's files."""
    root = os.environ["EFS_DIR"]
    plain = ecs._docker_binds_from_taskdef

    def as_directory(volume):
        efs = volume.get("efsVolumeConfiguration")
        if not efs:
            return volume
        access_point = efs.get("authorizationConfig", {}).get("accessPointId", "root")
        path = os.path.join(root, efs["fileSystemId"], access_point)
        os.makedirs(path, exist_ok=True)
        os.chmod(path, 0o777)
        return {**volume, "host": {"sourcePath": path}}

    def binds(definition, container):
        return plain({**definition, "volumes": [as_directory(v) for v in definition.get("volumes", [])]}, container)

    ecs._docker_binds_from_taskdef = binds


def containers_have_devices():
    """A container has the devices of the host that its task definition names."""
    plain = ecs._build_run_kwargs

    def build(container, *rest):
        kwargs = plain(container, *rest)
        devices = container.get("linuxParameters", {}).get("devices", [])
        if devices:
            # Docker's "rwm" is what ECS calls read, write and mknod.
            kwargs["devices"] = [
                f"{one['hostPath']}:{one['containerPath']}:{''.join(word[0] for word in one['permissions'])}"
                for one in devices
            ]
        return kwargs

    ecs._build_run_kwargs = build


def table_time_to_live():
    """A table of a template has its TimeToLiveSpecification."""
    handler = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]
    plain = handler["create"]

    def create(logical_id, properties, stack_name):
        created = plain(logical_id, properties, stack_name)
        ttl = properties.get("TimeToLiveSpecification")
        if ttl:
            enabled = str(ttl.get("Enabled")).lower() == "true"
            setting = {"AttributeName": ttl["AttributeName"], "Enabled": enabled}
            dynamodb._update_ttl({"TableName": created[0], "TimeToLiveSpecification": setting})
        return created

    handler["create"] = create


def secret_reference_is_arn():
    """Ref of a secret is its ARN: task definitions take nothing else."""
    handler = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    plain = handler["create"]

    def create(logical_id, properties, stack_name):
        physical_id, attributes = plain(logical_id, properties, stack_name)
        arns = [value for value in (attributes.get("Id"), attributes.get("Arn")) if str(value).startswith("arn:")]
        return (arns or [physical_id])[0], attributes

    handler["create"] = create


def container_credentials():
    """A container finds credentials and a region: the SDKs refuse this emulator's address as that of a task role."""
    plain = ecs._register_metadata

    def register(task_arn, cluster_arn, definition, container, launch_type, env, *rest):
        token = plain(task_arn, cluster_arn, definition, container, launch_type, env, *rest)
        env.pop("AWS_CONTAINER_CREDENTIALS_FULL_URI", None)
        env.pop("AWS_CONTAINER_AUTHORIZATION_TOKEN", None)
        for name, value in (
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_REGION", get_region()),
        ):
            env.setdefault(name, value)
        return token

    ecs._register_metadata = register
