"""ECS: the environment that Fargate sets, SIGTERM before SIGKILL, one log event per line, limits of RunTask."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from ministack.core.concurrency import resource_lock
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response, request_scope
from ministack.services import cloudwatch_logs, ecs

from overlay import execution_roles, fargate, launch_faults
from overlay.ecr import with_local_registry
from policies import judge
from policies.sessions import session_of

if TYPE_CHECKING:
    from engine import ProcessEngine

SERVICE = "ecs-tasks.amazonaws.com"

Response = tuple[int, dict[str, str], bytes]

# "The total length of the overrides … must be at most 8192 characters." AWS: API_TaskOverride.html
MAX_OVERRIDE_CHARACTERS = 8192

# Seconds between SIGTERM and SIGKILL when the container definition names none.
# AWS: task_definition_parameters.html#container_definition_timeout
STOP_TIMEOUT = 30

# Environment variables that a test sets in every container.
_environment: dict[str, str] = {}

_register_task_definition = ecs._ACTION_MAP["RegisterTaskDefinition"]
_run_task = ecs._run_task
_stop_task = ecs._stop_task
_sanitize = ecs._sanitize
_build_run_kwargs = ecs._build_run_kwargs
_register_metadata = ecs._register_metadata
_run_docker_container = ecs._run_docker_container


def run_task(data: dict[str, Any]) -> Response:
    """RunTask: refuses long overrides, sizes and capacity providers that do not exist, roles that ECS cannot assume.

    AWS: API_RunTask.html (errors), API_TaskOverride.html.
    """
    cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
    if cluster not in ecs._clusters:
        return error_response_json("ClusterNotFoundException", "Cluster not found.", 400)
    # The length of the overrides as JSON, without spaces.
    overrides = data.get("overrides", {}).get("containerOverrides", [])
    if len(json.dumps(overrides, separators=(",", ":"), ensure_ascii=False)) > MAX_OVERRIDE_CHARACTERS:
        message = f"Container Overrides length must be at most {MAX_OVERRIDE_CHARACTERS}"
        return error_response_json("InvalidParameterException", message, 400)
    definition = ecs._task_defs.get(ecs._resolve_td_key(data.get("taskDefinition", ""))) or {}
    cpu, memory = fargate.size(data, definition)
    if definition and fargate.is_fargate(data) and (fault := fargate.size_fault(cpu, memory)):
        return error_response_json("ClientException", fault, 400)
    if fault := fargate.provider_fault(data, ecs._clusters[cluster]):
        return error_response_json("InvalidParameterException", fault, 400)
    # AWS: troubleshooting, "ECS was unable to assume the role".
    source = f"arn:aws:ecs:{get_region()}:{get_account_id()}:task/{cluster}/new"
    for role in filter(None, (definition.get("executionRoleArn"), definition.get("taskRoleArn"))):
        if not judge.trusts(role, SERVICE, source):
            message = f"ECS was unable to assume the role '{role}' that was provided for this task."
            return error_response_json("ClientException", message, 400)
    if launch_faults.take("throttled"):
        return error_response_json("InvalidParameterException", launch_faults.THROTTLED, 400)
    status, headers, body = _run_task(data)
    answer = json.loads(body)
    for shown in answer.get("tasks", []):
        for task in (shown, ecs._tasks[shown["taskArn"]]):
            task.update(cpu=cpu, memory=memory)
    return status, headers, json.dumps(answer).encode()


def stop_task(data: dict[str, Any]) -> Response:
    """StopTask: answers at once; the containers get SIGTERM, then time to end, then SIGKILL.

    AWS: API_StopTask.html, task-lifecycle-explanation.html.
    """
    cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
    task = ecs._resolve_task(data.get("task", ""), cluster) if cluster is not None else None
    if task is None:
        return _stop_task(data)
    with resource_lock("ecs-task", task["taskArn"]):
        if task["lastStatus"] != "RUNNING" or not task["_docker_ids"]:
            # There is no container yet, or the task is stopping already.
            return json_response({"task": ecs._sanitize(task)}) if _is_stopping(task) else _stop_task(data)
        reason, code = data.get("reason", "Task stopped by user"), "UserInitiated"
        if data.get("_spot"):
            reason, code = "Your Spot Task was interrupted.", "SpotInterruption"
        task.update(lastStatus="STOPPING", stoppingAt=ecs._iso(), stopCode=code, stoppedReason=reason)
        answer = json_response({"task": ecs._sanitize(task)})
    threading.Thread(target=_end_task, args=(task, reason, code, get_account_id(), get_region()), daemon=True).start()
    return answer


def _end_task(task: dict[str, Any], reason: str, code: str, account: str, region: str) -> None:
    with request_scope(account, region):
        client = ecs._get_docker()
        definition = ecs._task_defs[ecs._resolve_td_key(task["taskDefinitionArn"])]
        for index, container_id in enumerate(task["_docker_ids"]):
            container = client.containers.get(container_id)
            container.stop(timeout=definition["containerDefinitions"][index].get("stopTimeout") or STOP_TIMEOUT)
            task["containers"][index]["exitCode"] = container.wait()["StatusCode"]
        ecs._mark_task_stopped(task["taskArn"], task, reason, code)
        ecs._cleanup_task_resources(task, client)


def _is_stopping(task: dict[str, Any]) -> bool:
    return task["lastStatus"] == "STOPPING"


def sanitize(thing: Any) -> Any:
    """Returns a task as the API shows it: its desired status is STOPPED from the moment StopTask was called."""
    shown = _sanitize(thing)
    if isinstance(thing, dict) and thing.get("lastStatus") == "STOPPING":
        shown["desiredStatus"] = "STOPPED"
    return shown


def build_run_kwargs(definition: dict[str, Any], task_definition: dict[str, Any], *rest: Any, **named: Any) -> Any:
    """Returns how to run a container: in the network of this machine, with the rights and environment of Fargate.

    AWS: task-metadata-endpoint-v4-fargate.html, fargate-task-networking.html; Fargate sets AWS_REGION,
    AWS_DEFAULT_REGION and AWS_EXECUTION_ENV. Credentials come from AWS_CONTAINER_CREDENTIALS_FULL_URI, which MiniStack
    sets; a test also needs AWS_ENDPOINT_URL, which AWS does not set.
    """
    if launch_faults.take("unprovisioned"):
        raise ValueError(launch_faults.UNPROVISIONED)
    # Among the rest: the ARN of the task.
    execution_roles.check_container(rest[5], task_definition, definition)
    options = _build_run_kwargs(definition, task_definition, *rest, **named)
    for name in ("network", "extra_hosts", "ports"):
        options.pop(name, None)
    options["network_mode"] = "host"
    # Settings that Docker supports and processes do not; the engine of processes ignores them.
    # AWS: API_ContainerDefinition.html (user, readonlyRootFilesystem), API_KernelCapabilities.html.
    options["user"] = definition.get("user")
    options["read_only"] = bool(definition.get("readonlyRootFilesystem"))
    options["cap_drop"] = ((definition.get("linuxParameters") or {}).get("capabilities") or {}).get("drop")
    # AWS: task_definition_parameters.html, entryPoint.
    if definition.get("entryPoint"):
        options["entrypoint"] = definition["entryPoint"]
    if volumes := scratch_volumes(definition, task_definition):
        options["mounts"] = volumes
    options["environment"] = {
        "AWS_REGION": get_region(),
        "AWS_DEFAULT_REGION": get_region(),
        "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
        **_environment,
        **options["environment"],
    }
    return options


def register_task_definition(data: dict[str, Any]) -> Response:
    """RegisterTaskDefinition: refuses a mount point whose volume is not in the task definition.

    AWS: bind-mounts.html, API_MountPoint.html (sourceVolume).
    """
    declared = {volume.get("name") for volume in data.get("volumes", [])}
    for container in data.get("containerDefinitions", []):
        for point in container.get("mountPoints", []):
            if (name := point.get("sourceVolume")) not in declared:
                return error_response_json("ClientException", f"Unknown volume '{name}'.", 400)
    return _register_task_definition(data)


def scratch_volumes(definition: dict[str, Any], task_definition: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the mounts of volumes without a path on the host: new for each task, owned like the folder in the image.

    They are removed with the task. MiniStack mounts only volumes with a path on the host, which Fargate does not have.
    AWS: bind-mounts.html.
    """
    declared = {volume["name"] for volume in task_definition.get("volumes", []) if not volume.get("host")}
    points = [point for point in definition.get("mountPoints", []) if point["sourceVolume"] in declared]
    # An anonymous volume is removed with its container.
    return [
        {"Type": "volume", "Target": point["containerPath"], "ReadOnly": bool(point.get("readOnly"))}
        for point in points
    ]


def register_metadata(
    task_arn: str,
    cluster_arn: str,
    task_definition: dict[str, Any],
    definition: dict[str, Any],
    launch_type: str,
    environment: dict[str, str],
    _host_mode: bool,
    network_ip: str | None,
) -> str:
    """Registers the metadata endpoint at this machine's address, whatever the network mode, and the role's credentials.

    AWS: task-iam-roles.html.
    """
    token = _register_metadata(
        task_arn, cluster_arn, task_definition, definition, launch_type, environment, True, network_ip
    )
    address = environment.pop("AWS_CONTAINER_CREDENTIALS_FULL_URI").partition("/v2/")[0]
    role = task_definition.get("taskRoleArn")
    if role:
        session = session_of(role, task_arn.rpartition("/")[2], ecs._tasks[task_arn].get("_subnet") or "")
        environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"{address}/v2/credentials/{session.key}"
    return token


def run_container(client: Any, definition: dict[str, Any], options: dict[str, Any], **named: Any) -> Any:
    """Starts a container; fails if its log group is missing.

    AWS: stopped-task-error-codes.html, ResourceInitializationError ("failed to validate logger args").
    """
    config = ecs._awslogs_config(definition, "", "")
    if config and not config["create_group"] and config["group"] not in cloudwatch_logs._log_groups:
        raise ValueError(f"failed to validate logger args: The specified log group does not exist: {config['group']}")
    return _run_docker_container(
        client, {**definition, "image": with_local_registry(definition["image"])}, options, **named
    )


def forward_logs(container: Any, config: dict[str, Any], account: str, region: str) -> None:
    """Stores one log event for each line, however the engine splits the output.

    AWS: using_awslogs.html.
    """
    with request_scope(account, region):
        if not ecs._ensure_awslogs_stream(config):
            raise ValueError(f"cannot create the log stream {config['stream']} in {config['group']}")
        rest = b""
        for chunk in container.logs(stream=True, follow=True, stdout=True, stderr=True):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                ecs._emit_awslogs_event(config, line.decode("utf-8", errors="replace"))
        if rest:
            ecs._emit_awslogs_event(config, rest.decode("utf-8", errors="replace"))


def install(engine: ProcessEngine | None, environment: dict[str, str]) -> None:
    """Replaces functions of MiniStack by those of this module, and Docker by the engine."""
    _environment.update(environment)
    if engine is not None:
        ecs._docker = engine
    ecs._run_task = run_task
    ecs._stop_task = stop_task
    ecs._sanitize = sanitize
    ecs._build_run_kwargs = build_run_kwargs
    ecs._register_metadata = register_metadata
    ecs._run_docker_container = run_container
    ecs._forward_awslogs = forward_logs
    # MiniStack filled its table of actions when it was loaded, so the table is changed as well.
    ecs._ACTION_MAP.update(RegisterTaskDefinition=register_task_definition, RunTask=run_task, StopTask=stop_task)
