"""Lambda."""

from __future__ import annotations

from aws import Aws, Properties, pascal, pick
from naming import Naming

from resources.resource_type import Created, PutResource, ResourceType

DEFAULT_TIMEOUT = 3
DEFAULT_MEMORY = 128


class Function(ResourceType):
    """A function from an image; the pipeline has no others."""

    token = "aws:lambda/function:Function"
    naming = Naming(prefix="")
    replace_on_change = frozenset({"name", "packageType", "region"})
    computed = ("arn", "invokeArn", "lastModified", "qualifiedArn", "version")

    def create(self, aws: Aws, inputs: Properties) -> Created:
        if inputs.get("packageType") != "Image":
            raise ValueError("the stand-in makes functions from images only")
        client = aws.client("lambda", inputs.get("region"))
        made = client.create_function(
            FunctionName=inputs["name"],
            PackageType="Image",
            Code={"ImageUri": inputs["imageUri"]},
            Tags=aws.tags(inputs),
            **pick(inputs, Architectures="architectures", Publish="publish"),
            **self._configuration(inputs),
        )
        client.get_waiter("function_active_v2").wait(FunctionName=inputs["name"], WaiterConfig={"Delay": 1})
        self._reserve(aws, inputs["name"], inputs)
        arn = made["FunctionArn"]
        invoke = f"arn:aws:apigateway:{aws.region}:lambda:path/2015-03-31/functions/{arn}/invocations"
        return inputs["name"], {
            "arn": arn,
            "invokeArn": invoke,
            "lastModified": made["LastModified"],
            "qualifiedArn": f"{arn}:{made['Version']}",
            "version": made["Version"],
        }

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        client = aws.client("lambda")
        if olds.get("imageUri") != news.get("imageUri"):
            client.update_function_code(FunctionName=id_, ImageUri=news["imageUri"])
            client.get_waiter("function_updated_v2").wait(FunctionName=id_, WaiterConfig={"Delay": 1})
        made = client.update_function_configuration(FunctionName=id_, **self._configuration(news))
        client.get_waiter("function_updated_v2").wait(FunctionName=id_, WaiterConfig={"Delay": 1})
        self._reserve(aws, id_, news)
        if not news.get("publish"):
            return {"lastModified": made["LastModified"]}
        # A function that has not changed since the last version keeps that version: API_PublishVersion.html.
        version = client.publish_version(FunctionName=id_)["Version"]
        arn = made["FunctionArn"].removesuffix(":$LATEST")
        return {"lastModified": made["LastModified"], "qualifiedArn": f"{arn}:{version}", "version": version}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.client("lambda").delete_function(FunctionName=id_)

    def _configuration(self, inputs: Properties) -> Properties:
        image = inputs.get("imageConfig") or {}
        logging = inputs.get("loggingConfig") or {}
        settings = {
            "ImageConfig": pick(
                image, Command="commands", EntryPoint="entryPoints", WorkingDirectory="workingDirectory"
            ),
            "Environment": {"Variables": (inputs.get("environment") or {}).get("variables") or {}},
            "LoggingConfig": pick(
                logging,
                LogFormat="logFormat",
                LogGroup="logGroup",
                ApplicationLogLevel="applicationLogLevel",
                SystemLogLevel="systemLogLevel",
            ),
            "TracingConfig": pick(inputs.get("tracingConfig") or {}, Mode="mode"),
            "DeadLetterConfig": pick(inputs.get("deadLetterConfig") or {}, TargetArn="targetArn"),
            "EphemeralStorage": pick(inputs.get("ephemeralStorage") or {}, Size="size"),
            "VpcConfig": pick(
                inputs.get("vpcConfig") or {}, SubnetIds="subnetIds", SecurityGroupIds="securityGroupIds"
            ),
        }
        return {
            "Role": inputs["role"],
            "Timeout": inputs.get("timeout", DEFAULT_TIMEOUT),
            "MemorySize": inputs.get("memorySize", DEFAULT_MEMORY),
            **pick(inputs, Description="description", KMSKeyArn="kmsKeyArn"),
            **{name: value for name, value in settings.items() if value or name == "Environment"},
        }

    def _reserve(self, aws: Aws, name: str, inputs: Properties) -> None:
        reserved = inputs.get("reservedConcurrentExecutions", -1)
        client = aws.client("lambda")
        # In the provider, -1 means that no concurrency is reserved.
        if reserved >= 0:
            client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)
        else:
            client.delete_function_concurrency(FunctionName=name)


class Permission(PutResource):
    """A statement of the policy of a function."""

    token = "aws:lambda/permission:Permission"
    naming = Naming("statementId", "statementIdPrefix")
    # All properties: a statement cannot be changed.
    replace_on_change = frozenset(
        {"action", "function", "principal", "qualifier", "region", "sourceAccount", "sourceArn", "statementId"}
    )

    def put(self, aws: Aws, inputs: Properties) -> str:
        aws.client("lambda", inputs.get("region")).add_permission(
            FunctionName=inputs["function"],
            StatementId=inputs["statementId"],
            Action=inputs["action"],
            Principal=inputs["principal"],
            **pick(inputs, SourceArn="sourceArn", SourceAccount="sourceAccount", Qualifier="qualifier"),
        )
        return inputs["statementId"]

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        qualifier = pick(state, Qualifier="qualifier")
        aws.client("lambda").remove_permission(FunctionName=state["function"], StatementId=id_, **qualifier)


class EventSourceMapping(ResourceType):
    token = "aws:lambda/eventSourceMapping:EventSourceMapping"
    replace_on_change = frozenset({"eventSourceArn", "region", "startingPosition"})
    computed = ("arn", "functionArn", "lastModified", "state", "uuid")

    def create(self, aws: Aws, inputs: Properties) -> Created:
        made = aws.client("lambda", inputs.get("region")).create_event_source_mapping(
            EventSourceArn=inputs["eventSourceArn"], Tags=aws.tags(inputs), **self._settings(inputs)
        )
        id_ = made["UUID"]
        return id_, {
            "arn": f"arn:aws:lambda:{aws.region}:{aws.account}:event-source-mapping:{id_}",
            "functionArn": made["FunctionArn"],
            "lastModified": made["LastModified"].isoformat(),
            "state": made["State"],
            "uuid": id_,
        }

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        aws.client("lambda").update_event_source_mapping(UUID=id_, **self._settings(news))
        return {}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.client("lambda").delete_event_source_mapping(UUID=id_)

    def _settings(self, inputs: Properties) -> Properties:
        scaling = inputs.get("scalingConfig")
        return {
            **pick(
                inputs,
                FunctionName="functionName",
                BatchSize="batchSize",
                Enabled="enabled",
                FunctionResponseTypes="functionResponseTypes",
                MaximumBatchingWindowInSeconds="maximumBatchingWindowInSeconds",
            ),
            **({"ScalingConfig": pascal(scaling)} if scaling else {}),
        }


RESOURCE_TYPES: list[ResourceType] = [Function(), Permission(), EventSourceMapping()]
