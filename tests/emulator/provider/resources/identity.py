"""IAM."""

from __future__ import annotations

from aws import Aws, Properties, pick, tag_list
from naming import Naming

from resources.resource_type import Created, PutResource, ResourceType


class Role(ResourceType):
    token = "aws:iam/role:Role"
    naming = Naming()
    replace_on_change = frozenset({"name", "namePrefix", "path"})
    computed = ("arn", "createDate", "uniqueId")

    def create(self, aws: Aws, inputs: Properties) -> Created:
        iam = aws.client("iam")
        made = iam.create_role(
            RoleName=inputs["name"],
            AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
            Tags=tag_list(aws.tags(inputs)),
            **pick(
                inputs,
                Description="description",
                Path="path",
                MaxSessionDuration="maxSessionDuration",
                PermissionsBoundary="permissionsBoundary",
            ),
        )["Role"]
        for policy in inputs.get("managedPolicyArns", []):
            iam.attach_role_policy(RoleName=inputs["name"], PolicyArn=policy)
        return made["RoleName"], {
            "arn": made["Arn"],
            "uniqueId": made["RoleId"],
            "createDate": made["CreateDate"].isoformat(),
        }

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        iam = aws.client("iam")
        iam.update_assume_role_policy(RoleName=id_, PolicyDocument=news["assumeRolePolicy"])
        iam.update_role(RoleName=id_, **pick(news, Description="description", MaxSessionDuration="maxSessionDuration"))
        return {}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        iam = aws.client("iam")
        for policy in iam.list_attached_role_policies(RoleName=id_)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=id_, PolicyArn=policy["PolicyArn"])
        iam.delete_role(RoleName=id_)


class RolePolicy(PutResource):
    token = "aws:iam/rolePolicy:RolePolicy"
    naming = Naming()
    replace_on_change = frozenset({"name", "namePrefix", "role"})

    def put(self, aws: Aws, inputs: Properties) -> str:
        role, name = inputs["role"], inputs["name"]
        aws.client("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=inputs["policy"])
        return f"{role}:{name}"

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        role, _colon, name = id_.partition(":")
        aws.client("iam").delete_role_policy(RoleName=role, PolicyName=name)


RESOURCE_TYPES: list[ResourceType] = [Role(), RolePolicy()]
