"""CloudWatch, CloudWatch Logs and EventBridge rules."""

from __future__ import annotations

from aws import Aws, Properties, pascal, pick, tag_list
from naming import Naming

from resources.resource_type import Created, PutResource, ResourceType


class LogGroup(ResourceType):
    token = "aws:cloudwatch/logGroup:LogGroup"
    naming = Naming()
    replace_on_change = frozenset({"name", "namePrefix", "logGroupClass", "region"})

    def create(self, aws: Aws, inputs: Properties) -> Created:
        name = inputs["name"]
        logs = aws.client("logs", inputs.get("region"))
        logs.create_log_group(logGroupName=name, tags=aws.tags(inputs), **pick(inputs, kmsKeyId="kmsKeyId"))
        self._retain(aws, name, inputs)
        region = inputs.get("region") or aws.region
        return name, {"arn": f"arn:aws:logs:{region}:{aws.account}:log-group:{name}"}

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        self._retain(aws, id_, news)
        return {}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.client("logs").delete_log_group(logGroupName=id_)

    def _retain(self, aws: Aws, name: str, inputs: Properties) -> None:
        days = inputs.get("retentionInDays")
        if days:
            aws.client("logs").put_retention_policy(logGroupName=name, retentionInDays=days)
        else:
            aws.client("logs").delete_retention_policy(logGroupName=name)


class Alarm(ResourceType):
    token = "aws:cloudwatch/metricAlarm:MetricAlarm"
    naming = Naming()
    replace_on_change = frozenset({"name", "region"})

    def create(self, aws: Aws, inputs: Properties) -> Created:
        name = inputs["name"]
        self._put(aws, inputs)
        return name, {"arn": f"arn:aws:cloudwatch:{aws.region}:{aws.account}:alarm:{name}"}

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        self._put(aws, news)
        return {}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.client("cloudwatch").delete_alarms(AlarmNames=[id_])

    def _put(self, aws: Aws, inputs: Properties) -> None:
        names = {
            "okActions": "OKActions",
            "evaluateLowSampleCountPercentiles": "EvaluateLowSampleCountPercentile",
        }
        others = ("name", "tags", "dimensions", "metricQueries", "region", "__defaults")
        arguments = pascal({key: value for key, value in inputs.items() if key not in others}, names)
        if inputs.get("dimensions"):
            arguments["Dimensions"] = tag_list(inputs["dimensions"], "Name", "Value")
        if inputs.get("metricQueries"):
            arguments["Metrics"] = [_query(query) for query in inputs["metricQueries"]]
        aws.client("cloudwatch").put_metric_alarm(AlarmName=inputs["name"], **arguments)


def _query(query: Properties) -> Properties:
    made = pascal({key: value for key, value in query.items() if key != "metric"})
    metric = query.get("metric")
    if metric:
        described = {"Namespace": metric.get("namespace"), "MetricName": metric["metricName"]}
        described["Dimensions"] = tag_list(metric.get("dimensions") or {}, "Name", "Value")
        made["MetricStat"] = {"Metric": described, "Period": metric["period"], "Stat": metric["stat"]}
    return made


class Dashboard(PutResource):
    token = "aws:cloudwatch/dashboard:Dashboard"
    naming = Naming("dashboardName", "")
    replace_on_change = frozenset({"dashboardName", "region"})
    computed = ("dashboardArn",)

    def create(self, aws: Aws, inputs: Properties) -> Created:
        name = self.put(aws, inputs)
        return name, {"dashboardArn": f"arn:aws:cloudwatch::{aws.account}:dashboard/{name}"}

    def put(self, aws: Aws, inputs: Properties) -> str:
        name = inputs["dashboardName"]
        aws.client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=inputs["dashboardBody"])
        return name

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.client("cloudwatch").delete_dashboards(DashboardNames=[id_])


class EventRule(ResourceType):
    token = "aws:cloudwatch/eventRule:EventRule"
    naming = Naming()
    replace_on_change = frozenset({"name", "namePrefix", "eventBusName", "region"})

    def create(self, aws: Aws, inputs: Properties) -> Created:
        return inputs["name"], {"arn": self._put(aws, inputs)}

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        return {"arn": self._put(aws, news)}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.client("events").delete_rule(Name=id_, **pick(state, EventBusName="eventBusName"))

    def _put(self, aws: Aws, inputs: Properties) -> str:
        return aws.client("events").put_rule(
            Name=inputs["name"],
            State=inputs.get("state", "ENABLED"),
            **pick(
                inputs,
                EventPattern="eventPattern",
                ScheduleExpression="scheduleExpression",
                EventBusName="eventBusName",
                Description="description",
            ),
        )["RuleArn"]


class EventTarget(PutResource):
    token = "aws:cloudwatch/eventTarget:EventTarget"
    naming = Naming("targetId", "")
    replace_on_change = frozenset({"rule", "targetId", "eventBusName", "region"})

    def put(self, aws: Aws, inputs: Properties) -> str:
        target = {"Id": inputs["targetId"], "Arn": inputs["arn"]}
        target |= pick(inputs, RoleArn="roleArn", Input="input", InputPath="inputPath")
        bus = pick(inputs, EventBusName="eventBusName")
        answer = aws.client("events").put_targets(Rule=inputs["rule"], Targets=[target], **bus)
        if answer["FailedEntryCount"]:
            raise ValueError(f"PutTargets: {answer['FailedEntries']}")
        return f"{inputs['rule']}-{inputs['targetId']}"

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        bus = pick(state, EventBusName="eventBusName")
        aws.client("events").remove_targets(Rule=state["rule"], Ids=[state["targetId"]], **bus)


RESOURCE_TYPES: list[ResourceType] = [LogGroup(), Alarm(), Dashboard(), EventRule(), EventTarget()]
