"""ECS and ECR."""

from __future__ import annotations

import json

from aws import Aws, Properties, pick, tag_list
from naming import Naming

from resources.resource_type import Created, PutResource, ResourceType


class Cluster(ResourceType):
    token = "aws:ecs/cluster:Cluster"
    naming = Naming(prefix="")
    replace_on_change = frozenset({"name", "region"})

    def create(self, aws: Aws, inputs: Properties) -> Created:
        arn = aws.client("ecs", inputs.get("region")).create_cluster(
            clusterName=inputs["name"],
            tags=tag_list(aws.tags(inputs), "key", "value"),
            **pick(inputs, settings="settings", configuration="configuration"),
        )["cluster"]["clusterArn"]
        return arn, {"arn": arn}

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        aws.client("ecs").update_cluster(cluster=id_, **pick(news, settings="settings", configuration="configuration"))
        return {}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.client("ecs").delete_cluster(cluster=id_)


class CapacityProviders(PutResource):
    token = "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders"
    replace_on_change = frozenset({"clusterName", "region"})

    def put(self, aws: Aws, inputs: Properties) -> str:
        aws.client("ecs").put_cluster_capacity_providers(
            cluster=inputs["clusterName"],
            capacityProviders=inputs.get("capacityProviders", []),
            defaultCapacityProviderStrategy=inputs.get("defaultCapacityProviderStrategies", []),
        )
        return inputs["clusterName"]

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.client("ecs").put_cluster_capacity_providers(
            cluster=id_, capacityProviders=[], defaultCapacityProviderStrategy=[]
        )


class TaskDefinition(ResourceType):
    token = "aws:ecs/taskDefinition:TaskDefinition"
    # A revision never changes.
    replace_on_change = frozenset(
        {
            "containerDefinitions",
            "cpu",
            "ephemeralStorage",
            "executionRoleArn",
            "family",
            "memory",
            "networkMode",
            "region",
            "requiresCompatibilities",
            "runtimePlatform",
            "taskRoleArn",
            "volumes",
        }
    )
    computed = ("arn", "arnWithoutRevision", "revision")

    def create(self, aws: Aws, inputs: Properties) -> Created:
        made = aws.client("ecs", inputs.get("region")).register_task_definition(
            family=inputs["family"],
            containerDefinitions=json.loads(inputs["containerDefinitions"]),
            tags=tag_list(aws.tags(inputs), "key", "value"),
            volumes=[{"name": volume["name"]} for volume in inputs.get("volumes", [])],
            **pick(
                inputs,
                cpu="cpu",
                memory="memory",
                networkMode="networkMode",
                requiresCompatibilities="requiresCompatibilities",
                executionRoleArn="executionRoleArn",
                taskRoleArn="taskRoleArn",
                ephemeralStorage="ephemeralStorage",
                runtimePlatform="runtimePlatform",
            ),
        )["taskDefinition"]
        arn = made["taskDefinitionArn"]
        outputs = {"arn": arn, "arnWithoutRevision": arn.rpartition(":")[0], "revision": made["revision"]}
        return inputs["family"], outputs

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        return {}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.client("ecs").deregister_task_definition(taskDefinition=state["arn"])


class Repository(ResourceType):
    token = "aws:ecr/repository:Repository"
    naming = Naming(prefix="")
    replace_on_change = frozenset({"name", "region"})
    computed = ("arn", "registryId", "repositoryUrl")

    def create(self, aws: Aws, inputs: Properties) -> Created:
        made = aws.client("ecr", inputs.get("region")).create_repository(
            repositoryName=inputs["name"], **pick(inputs, imageTagMutability="imageTagMutability")
        )["repository"]
        outputs = {"registryId": made["registryId"], "repositoryUrl": made["repositoryUri"]}
        return inputs["name"], {"arn": made["repositoryArn"], **outputs}

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        aws.client("ecr").put_image_tag_mutability(
            repositoryName=id_, imageTagMutability=news.get("imageTagMutability", "MUTABLE")
        )
        return {}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.client("ecr").delete_repository(repositoryName=id_, force=bool(state.get("forceDelete")))


RESOURCE_TYPES: list[ResourceType] = [Cluster(), CapacityProviders(), TaskDefinition(), Repository()]
