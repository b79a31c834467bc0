"""Step Functions and EventBridge Scheduler."""

from __future__ import annotations

from datetime import datetime

from aws import Aws, Properties, pascal, pick, tag_list
from naming import Naming

from resources.resource_type import Created, ResourceType


class StateMachine(ResourceType):
    token = "aws:sfn/stateMachine:StateMachine"
    naming = Naming()
    replace_on_change = frozenset({"name", "namePrefix", "region", "type"})
    computed = ("arn", "creationDate", "revisionId", "status")

    def create(self, aws: Aws, inputs: Properties) -> Created:
        made = aws.client("stepfunctions", inputs.get("region")).create_state_machine(
            name=inputs["name"],
            type=inputs.get("type", "STANDARD"),
            tags=tag_list(aws.tags(inputs), "key", "value"),
            **self._definition(inputs),
        )
        arn = made["stateMachineArn"]
        return arn, {"arn": arn, "creationDate": made["creationDate"].isoformat(), "status": "ACTIVE"}

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        aws.client("stepfunctions").update_state_machine(stateMachineArn=id_, **self._definition(news))
        return {}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.client("stepfunctions").delete_state_machine(stateMachineArn=id_)

    def _definition(self, inputs: Properties) -> Properties:
        arguments = pick(inputs, definition="definition", roleArn="roleArn")
        tracing = inputs.get("tracingConfiguration")
        if tracing:
            arguments["tracingConfiguration"] = {"enabled": tracing.get("enabled", False)}
        encryption = inputs.get("encryptionConfiguration")
        if encryption:
            arguments["encryptionConfiguration"] = pick(
                encryption,
                type="type",
                kmsKeyId="kmsKeyId",
                kmsDataKeyReusePeriodSeconds="kmsDataKeyReusePeriodSeconds",
            )
        logging = inputs.get("loggingConfiguration")
        if logging:
            arguments["loggingConfiguration"] = {
                **pick(logging, level="level", includeExecutionData="includeExecutionData"),
                "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": logging["logDestination"]}}],
            }
        return arguments


class ScheduleGroup(ResourceType):
    token = "aws:scheduler/scheduleGroup:ScheduleGroup"
    naming = Naming()
    replace_on_change = frozenset({"name", "namePrefix", "region"})
    computed = ("arn", "state")

    def create(self, aws: Aws, inputs: Properties) -> Created:
        arn = aws.client("scheduler", inputs.get("region")).create_schedule_group(
            Name=inputs["name"], Tags=tag_list(aws.tags(inputs))
        )["ScheduleGroupArn"]
        return inputs["name"], {"arn": arn, "state": "ACTIVE"}

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        return {}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.client("scheduler").delete_schedule_group(Name=id_)


class Schedule(ResourceType):
    token = "aws:scheduler/schedule:Schedule"
    naming = Naming()
    replace_on_change = frozenset({"name", "namePrefix", "groupName", "region"})

    def create(self, aws: Aws, inputs: Properties) -> Created:
        arn = aws.client("scheduler", inputs.get("region")).create_schedule(**self._arguments(inputs))["ScheduleArn"]
        return f"{inputs.get('groupName', 'default')}/{inputs['name']}", {"arn": arn}

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        aws.client("scheduler").update_schedule(**self._arguments(news))
        return {}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        group, _slash, name = id_.partition("/")
        aws.client("scheduler").delete_schedule(Name=name, GroupName=group)

    def _arguments(self, inputs: Properties) -> Properties:
        names = {"eventbridgeParameters": "EventBridgeParameters"}
        dates = {
            name: datetime.fromisoformat(inputs[key])
            for name, key in (("StartDate", "startDate"), ("EndDate", "endDate"))
            if inputs.get(key)
        }
        return {
            "Name": inputs["name"],
            "GroupName": inputs.get("groupName", "default"),
            "FlexibleTimeWindow": pascal(inputs["flexibleTimeWindow"]),
            "ScheduleExpression": inputs["scheduleExpression"],
            "Target": pascal(inputs["target"], names),
            **dates,
            **pick(
                inputs,
                Description="description",
                KmsKeyArn="kmsKeyArn",
                ScheduleExpressionTimezone="scheduleExpressionTimezone",
                State="state",
                ActionAfterCompletion="actionAfterCompletion",
            ),
        }


RESOURCE_TYPES: list[ResourceType] = [StateMachine(), ScheduleGroup(), Schedule()]
