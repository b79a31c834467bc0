"""Permissions of state machines: a service integration is a call with the role of the state machine.

AWS: integrate-services.html (errors of AWS SDK integrations are `Service.Exception`), connect-lambda.html,
connect-ecs.html, connect-eventbridge.html, connect-sqs.html, use-dist-map-orchestrate-large-scale-parallel-workloads
(iam-policies-eg-dist-map.html).
"""

from __future__ import annotations

from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import ecs, s3
from ministack.services import stepfunctions as sf

from overlay.stepfunctions.executions import Execution
from policies import judge
from policies.calls import Place
from policies.kms_keys import with_kms_calls
from policies.statements import Call

SERVICE = "states.amazonaws.com"
PREFIX = "arn:aws:states:::"

Arguments = dict[str, Any]


def machine_of(execution: Execution) -> str:
    """Returns the ARN of the state machine of an execution, for a child of a Map Run without the name of the Map."""
    return str(execution["stateMachineArn"]).partition("/")[0]


def require(execution: Execution, error: str, *calls: Call) -> None:
    """Fails the state with this error if the role of the state machine may not make one of these calls."""
    machine = machine_of(execution)
    # A machine that was deleted ends its executions by itself.
    role = str((sf._state_machines.get(machine) or {}).get("roleArn", ""))
    try:
        if not judge.trusts(role, SERVICE, machine):
            raise judge.Denied(f"Neither the global service principal {SERVICE} nor a regional one may assume {role}")
        for call in with_kms_calls(list(calls)):
            judge.check_role(role, str(execution["name"]), call)
    except judge.Denied as denied:
        raise sf._ExecutionError(error, str(denied)) from denied


def check_integration(execution: Execution, resource: str, arguments: Arguments) -> None:
    """Fails the task if the role may not make the calls of the integration."""
    place = Place(get_region(), get_account_id())
    name = resource.removeprefix(PREFIX).removesuffix(".waitForTaskToken").removesuffix(".sync")
    read = INTEGRATIONS.get(name)
    if read is None:
        judge.record_uncovered(f"the emulator has no action for the integration {resource}")
        raise sf._ExecutionError("States.Runtime", f"the emulator cannot judge {resource}")
    error, calls = read(arguments, place)
    require(execution, error, *calls)
    if name == "aws-sdk:s3:getObject" and s3._head_object(arguments["Bucket"], arguments["Key"], {}, {})[0] == 404:
        # A caller that may not list is not told that an object is missing: API_GetObject.html.
        require(execution, error, Call("s3:ListBucket", f"arn:aws:s3:::{arguments['Bucket']}"))


def _invoke(arguments: Arguments, place: Place) -> tuple[str, list[Call]]:
    name = str(arguments.get("FunctionName", ""))
    arn = name if name.startswith("arn:") else place.arn("lambda", f"function:{name}")
    return "Lambda.AWSLambdaException", [Call("lambda:InvokeFunction", arn)]


def _run_task(arguments: Arguments, place: Place) -> tuple[str, list[Call]]:
    """RunTask: the role also has to be allowed to pass the roles of the task definition, and to tag.

    AWS: list_amazonelasticcontainerservice.html (RunTask: ecs:cluster; TagResource: ecs:CreateAction),
    task_execution_IAM_role.html, reference_policies_iam-condition-keys.html (iam:PassedToService).
    """
    definition = ecs._task_defs.get(ecs._resolve_td_key(str(arguments.get("TaskDefinition", "")))) or {}
    arn = str(definition.get("taskDefinitionArn") or arguments.get("TaskDefinition"))
    cluster = str(arguments.get("Cluster") or "default").rpartition("/")[2]
    context = {"ecs:cluster": place.arn("ecs", f"cluster/{cluster}")}
    calls = [Call("ecs:RunTask", arn, context)]
    roles = {str(definition[field]) for field in ("executionRoleArn", "taskRoleArn") if definition.get(field)}
    passed = {"iam:passedtoservice": "ecs-tasks.amazonaws.com"}
    calls += [Call("iam:PassRole", role, passed) for role in sorted(roles)]
    if arguments.get("Tags") or arguments.get("PropagateTags", "NONE") != "NONE":
        tasks = place.arn("ecs", f"task/{cluster}/new")
        calls.append(Call("ecs:TagResource", tasks, {**context, "ecs:createaction": "RunTask"}))
    return "ECS.AccessDeniedException", calls


def _stop_task(arguments: Arguments, place: Place) -> tuple[str, list[Call]]:
    cluster = str(arguments.get("Cluster") or "default").rpartition("/")[2]
    task = str(arguments.get("Task", ""))
    arn = task if task.startswith("arn:") else place.arn("ecs", f"task/{cluster}/{task}")
    context = {"ecs:cluster": place.arn("ecs", f"cluster/{cluster}")}
    return "Ecs.AccessDeniedException", [Call("ecs:StopTask", arn, context)]


def _put_events(arguments: Arguments, place: Place) -> tuple[str, list[Call]]:
    buses = {str(entry.get("EventBusName") or "default") for entry in arguments.get("Entries", [])}
    arns = [bus if bus.startswith("arn:") else place.arn("events", f"event-bus/{bus}") for bus in sorted(buses)]
    return "EventBridge.AccessDeniedException", [Call("events:PutEvents", arn) for arn in arns]


def _send_message(arguments: Arguments, place: Place) -> tuple[str, list[Call]]:
    name = str(arguments.get("QueueUrl", "")).rpartition("/")[2]
    return "SQS.SqsException", [Call("sqs:SendMessage", place.arn("sqs", name))]


def _object(action: str) -> Any:
    def read(arguments: Arguments, _place: Place) -> tuple[str, list[Call]]:
        arn = f"arn:aws:s3:::{arguments.get('Bucket')}/{arguments.get('Key')}"
        return "S3.S3Exception", [Call(action, arn)]

    return read


def _execution(action: str, field: str) -> Any:
    def read(arguments: Arguments, _place: Place) -> tuple[str, list[Call]]:
        return "Sfn.AccessDeniedException", [Call(action, str(arguments.get(field)))]

    return read


INTEGRATIONS = {
    "lambda:invoke": _invoke,
    "ecs:runTask": _run_task,
    "events:putEvents": _put_events,
    "sqs:sendMessage": _send_message,
    "aws-sdk:ecs:stopTask": _stop_task,
    "aws-sdk:s3:getObject": _object("s3:GetObject"),
    "aws-sdk:s3:putObject": _object("s3:PutObject"),
    "aws-sdk:s3:deleteObject": _object("s3:DeleteObject"),
    "aws-sdk:sfn:describeExecution": _execution("states:DescribeExecution", "ExecutionArn"),
    "aws-sdk:sfn:stopExecution": _execution("states:StopExecution", "ExecutionArn"),
}
