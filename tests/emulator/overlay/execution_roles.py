"""Calls that ECS and Lambda make for the code they run, with the execution role of a task or the role of a function.

AWS: task_execution_IAM_role.html (pulls the image, writes the log), lambda-intro-execution-role.html (writes the log),
gettingstarted-images.html (a repository's policy lets Lambda pull).
"""

from __future__ import annotations

import logging
import re
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import ecr, ecs

from policies import judge
from policies.calls import Place
from policies.statements import Call

logger = logging.getLogger("sluice.emulator.execution_roles")

IMAGE = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([^:@]+)")


def repository(image: str) -> str | None:
    """Returns the ARN of the ECR repository that an image is in."""
    match = IMAGE.match(image)
    return f"arn:aws:ecr:{match[2]}:{match[1]}:repository/{match[3]}" if match else None


def _log(group: str, stream: str) -> list[Call]:
    arn = Place(get_region(), get_account_id()).arn("logs", f"log-group:{group}:log-stream:{stream}")
    return [Call("logs:CreateLogStream", arn), Call("logs:PutLogEvents", arn)]


def check_container(task: str, task_definition: dict[str, Any], definition: dict[str, Any]) -> None:
    """Raises an error if the execution role of a task may not pull the image or write the log of a container."""
    role, id_ = task_definition.get("executionRoleArn"), task.rpartition("/")[2]
    config = ecs._awslogs_config(definition, id_, id_)
    image = repository(definition["image"])
    if not role:
        if image and config:
            raise ValueError("Fargate requires an execution role to pull from ECR and to write logs")
        return
    if image:
        try:
            judge.check_role(role, id_, Call("ecr:GetAuthorizationToken", "*"))
            for action in ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"):
                judge.check_role(role, id_, Call(f"ecr:{action}", image))
        except judge.Denied as error:
            raise ecs._ImagePullError(f"AccessDeniedException: {error}") from error
    if config:
        try:
            for call in _log(config["group"], config["stream"]):
                judge.check_role(role, id_, call)
        except judge.Denied as error:
            raise ValueError(f"failed to validate logger args: AccessDeniedException: {error}") from error


def may_log(config: dict[str, Any]) -> bool:
    """Whether a function's role lets Lambda write the function's output to its log; if not, the output is lost."""
    name = config["FunctionName"]
    group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"
    try:
        for call in _log(group, f"{name}/[{config.get('Version', '$LATEST')}]"):
            judge.check_role(config["Role"], name, call)
    except judge.Denied as error:
        logger.warning("%s: what it says is lost: %s", name, error)
        return False
    return True


def check_pull(image: str, function: str) -> None:
    """Raises an error if the policy of the repository does not let Lambda pull an image for a function.

    A repository without a policy is not checked. Lambda writes the policy itself if the user who deploys may set
    policies of repositories; this is not assumed here.
    """
    arn = repository(image)
    if arn is None or ecr.repository_policy_for_arn(arn) is None:
        return
    # The function that Lambda pulls for: configuration-images.html, permissions across accounts.
    source = {"aws:SourceArn": f"arn:aws:lambda:{get_region()}:{get_account_id()}:function:{function}"}
    for action in ("BatchGetImage", "GetDownloadUrlForLayer"):
        judge.check_service("lambda.amazonaws.com", Call(f"ecr:{action}", arn, source))
