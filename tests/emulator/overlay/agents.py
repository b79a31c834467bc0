"""What ECS and Lambda do around the code they run, with roles of their own or those of the function.

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

logger = logging.getLogger("sluice.emulator.agents")

IMAGE = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([^:@]+)")


def repository(image: str) -> str | None:
    """The ARN of the repository of an image of ECR."""
    match = IMAGE.match(image)
    return f"arn:aws:ecr:{match[2]}:{match[1]}:repository/{match[3]}" if match else None


def _log(group: str, stream: str) -> list[Call]:
    arn = Place(get_region(), get_account_id()).arn("logs", f"log-group:{group}:log-stream:{stream}")
    return [Call("logs:CreateLogStream", arn), Call("logs:PutLogEvents", arn)]


def start_container(task: str, task_definition: dict[str, Any], definition: dict[str, Any]) -> None:
    """Raises when the execution role of a task may not pull the image or write the log of a container."""
    role, id_ = task_definition.get("executionRoleArn"), task.rpartition("/")[2]
    config = ecs._awslogs_config(definition, id_, id_)
    image = repository(definition["image"])
    if not role:
        if image and config:
            raise ValueError("Fargate requires an execution role to pull from ECR and to write logs")
        return
    if image:
        try:
            judge.of_role(role, id_, Call("ecr:GetAuthorizationToken", "*"))
            for action in ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"):
                judge.of_role(role, id_, Call(f"ecr:{action}", image))
        except judge.Denied as error:
            raise ecs._ImagePullError(f"AccessDeniedException: {error}") from error
    if config:
        try:
            for call in _log(config["group"], config["stream"]):
                judge.of_role(role, id_, call)
        except judge.Denied as error:
            raise ValueError(f"failed to validate logger args: AccessDeniedException: {error}") from error


def may_log(config: dict[str, Any]) -> bool:
    """Whether a function's role lets Lambda write what it says; if not, it is lost."""
    name = config["FunctionName"]
    group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"
    try:
        for call in _log(group, f"{name}/[{config.get('Version', '$LATEST')}]"):
            judge.of_role(config["Role"], name, call)
    except judge.Denied as error:
        logger.warning("%s: what it says is lost: %s", name, error)
        return False
    return True


def may_pull(image: str, function: str) -> None:
    """Raises when Lambda may not pull an image for a function; of repositories without a policy nothing is known.

    Lambda writes the policy itself when whoever deploys may set policies of repositories. That is not assumed.
    """
    arn = repository(image)
    if arn is None or ecr.repository_policy_for_arn(arn) is None:
        return
    # For which function it pulls: configuration-images.html, permissions across accounts.
    source = {"aws:SourceArn": f"arn:aws:lambda:{get_region()}:{get_account_id()}:function:{function}"}
    for action in ("BatchGetImage", "GetDownloadUrlForLayer"):
        judge.of_service("lambda.amazonaws.com", Call(f"ecr:{action}", arn, source))
