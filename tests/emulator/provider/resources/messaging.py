"""SQS and SNS."""

from __future__ import annotations

from aws import Aws, Properties, tag_list
from naming import Naming

from resources.resource_type import Created, PutResource, ResourceType

QUEUE_ATTRIBUTES = {
    "delaySeconds": "DelaySeconds",
    "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "policy": "Policy",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "redriveAllowPolicy": "RedriveAllowPolicy",
    "redrivePolicy": "RedrivePolicy",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}


def queue_attributes(inputs: Properties) -> dict[str, str]:
    """Returns the attributes of a queue; all values are strings."""
    given = {attribute: inputs[name] for name, attribute in QUEUE_ATTRIBUTES.items() if inputs.get(name) is not None}
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in given.items()}


class Queue(ResourceType):
    token = "aws:sqs/queue:Queue"
    naming = Naming()
    replace_on_change = frozenset({"name", "namePrefix", "fifoQueue", "region"})
    computed = ("arn", "url")

    def create(self, aws: Aws, inputs: Properties) -> Created:
        sqs = aws.client("sqs", inputs.get("region"))
        url = sqs.create_queue(QueueName=inputs["name"], Attributes=queue_attributes(inputs), tags=aws.tags(inputs))[
            "QueueUrl"
        ]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        return url, {"arn": attributes["QueueArn"], "url": url}

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        aws.client("sqs").set_queue_attributes(QueueUrl=id_, Attributes=queue_attributes(news))
        return {}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.client("sqs").delete_queue(QueueUrl=id_)


class QueuePolicy(PutResource):
    token = "aws:sqs/queuePolicy:QueuePolicy"
    replace_on_change = frozenset({"queueUrl", "region"})

    def put(self, aws: Aws, inputs: Properties) -> str:
        url = inputs["queueUrl"]
        aws.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": inputs["policy"]})
        return url

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.client("sqs").set_queue_attributes(QueueUrl=id_, Attributes={"Policy": ""})


class Topic(ResourceType):
    token = "aws:sns/topic:Topic"
    naming = Naming()
    replace_on_change = frozenset({"name", "namePrefix", "fifoTopic", "region"})
    computed = ("arn", "owner")

    def create(self, aws: Aws, inputs: Properties) -> Created:
        sns = aws.client("sns", inputs.get("region"))
        tags = tag_list(aws.tags(inputs))
        arn = sns.create_topic(Name=inputs["name"], Attributes=self._attributes(inputs), Tags=tags)["TopicArn"]
        return arn, {"arn": arn, "owner": aws.account}

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        for name, value in self._attributes(news).items():
            aws.client("sns").set_topic_attributes(TopicArn=id_, AttributeName=name, AttributeValue=value)
        return {}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.client("sns").delete_topic(TopicArn=id_)

    def _attributes(self, inputs: Properties) -> dict[str, str]:
        names = {"displayName": "DisplayName", "kmsMasterKeyId": "KmsMasterKeyId", "policy": "Policy"}
        return {attribute: inputs[name] for name, attribute in names.items() if inputs.get(name) is not None}


class TopicPolicy(PutResource):
    token = "aws:sns/topicPolicy:TopicPolicy"
    replace_on_change = frozenset({"arn", "region"})
    computed = ("owner",)

    def create(self, aws: Aws, inputs: Properties) -> Created:
        return self.put(aws, inputs), {"owner": aws.account}

    def put(self, aws: Aws, inputs: Properties) -> str:
        arn = inputs["arn"]
        aws.client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=inputs["policy"])
        return arn

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        """Does nothing: the policy is deleted with its topic. AWS would put its own policy in its place."""


class Subscription(ResourceType):
    token = "aws:sns/topicSubscription:TopicSubscription"
    replace_on_change = frozenset({"topic", "protocol", "endpoint", "region"})
    computed = ("arn", "pendingConfirmation", "ownerId")

    def create(self, aws: Aws, inputs: Properties) -> Created:
        arn = aws.client("sns", inputs.get("region")).subscribe(
            TopicArn=inputs["topic"],
            Protocol=inputs["protocol"],
            Endpoint=inputs["endpoint"],
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        pending = inputs["protocol"] == "email"
        return arn, {"arn": arn, "ownerId": aws.account, "pendingConfirmation": pending}

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        return {}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.client("sns").unsubscribe(SubscriptionArn=id_)


RESOURCE_TYPES: list[ResourceType] = [Queue(), QueuePolicy(), Topic(), TopicPolicy(), Subscription()]
