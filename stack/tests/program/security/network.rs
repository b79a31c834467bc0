//! Networks.

use serde_json::json;

use super::{Spoil, rules, unless, unless_pointed_at};
use crate::engine::Registered;

const VPC: &str = "aws:ec2/vpc:Vpc";
const DEFAULT_GROUP: &str = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup";
const EGRESS: &str = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule";
const ENDPOINT: &str = "aws:ec2/vpcEndpoint:VpcEndpoint";
const FLOW_LOG: &str = "aws:ec2/flowLog:FlowLog";
const GROUP: &str = "aws:ec2/securityGroup:SecurityGroup";
const INGRESS: &str = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const SUBNET: &str = "aws:ec2/subnet:Subnet";

/// VPCs without an endpoint for this service.
fn without_endpoint(stack: &Registered, service: &str) -> Vec<String> {
    unless(stack, VPC, |_| {
        stack.of_type(ENDPOINT).any(|endpoint| endpoint.input("/serviceName").as_str().unwrap().ends_with(service))
    })
}

fn undescribed(stack: &Registered) -> Vec<String> {
    [GROUP, EGRESS, INGRESS]
        .iter()
        .flat_map(|type_| unless(stack, type_, |r| r.inputs["description"].as_str().is_some_and(|d| !d.is_empty())))
        .collect()
}

fn is_everywhere(cidr: &serde_json::Value) -> bool {
    cidr == "0.0.0.0/0" || cidr == "::/0"
}

/// Security groups that allow no traffic: no task and no endpoint has them.
fn unused_groups(stack: &Registered) -> Vec<String> {
    let machine = stack.named("pipeline").inputs["definition"].as_str().unwrap();
    unless(stack, GROUP, |group| {
        let id = format!("\"{}-id\"", group.name);
        machine.contains(&id) || stack.of_type(ENDPOINT).any(|endpoint| endpoint.inputs.to_string().contains(&id))
    })
}

rules! {
    refused_connections_are_logged: "CKV2_AWS_11 AVD-AWS-0178 EC2.6 AwsSolutions-VPC7", |stack| {
            let mut found = unless_pointed_at(stack, VPC, FLOW_LOG, "vpcId");
            found.extend(unless(stack, FLOW_LOG, |log| {
                ["REJECT", "ALL"].contains(&log.input("/trafficType").as_str().unwrap())
            }));
            found
        }, Spoil::With(FLOW_LOG, |inputs| inputs["trafficType"] = json!("ACCEPT"));
    the_default_group_lets_nothing_through: "CKV2_AWS_12 AVD-AWS-0173 EC2.2", |stack| {
            let mut found = unless_pointed_at(stack, VPC, DEFAULT_GROUP, "vpcId");
            found.extend(unless(stack, DEFAULT_GROUP, |g| g.inputs["ingress"].is_null() && g.inputs["egress"].is_null()));
            found
        }, Spoil::Without(DEFAULT_GROUP);
    groups_are_used: "CKV2_AWS_5 EC2.22", unused_groups, Spoil::Without(ENDPOINT);
    rules_say_what_for: "CKV_AWS_23 AVD-AWS-0099 AVD-AWS-0124", undescribed,
        Spoil::With(EGRESS, |inputs| inputs["description"] = json!(""));
    groups_have_no_rules_of_their_own: "AwsSolutions-EC23",
        |stack| unless(stack, GROUP, |group| group.inputs["ingress"].is_null()),
        Spoil::With(GROUP, |inputs| inputs["ingress"] = json!([{ "cidrBlocks": ["0.0.0.0/0"] }]));
    nothing_comes_in_from_anywhere: "CKV_AWS_24 CKV_AWS_25 CKV_AWS_260 CKV_AWS_277 AVD-AWS-0107 EC2.13 EC2.14 EC2.18 EC2.19",
        |stack| unless(stack, INGRESS, |rule| {
            !is_everywhere(&rule.inputs["cidrIpv4"]) && !is_everywhere(&rule.inputs["cidrIpv6"])
        }), Spoil::With(INGRESS, |inputs| inputs["cidrIpv4"] = json!("0.0.0.0/0"));
    nothing_goes_out_to_anywhere: "AVD-AWS-0104", |stack| unless(stack, EGRESS, |rule| {
            !is_everywhere(&rule.inputs["cidrIpv4"]) && !is_everywhere(&rule.inputs["cidrIpv6"])
        }), Spoil::With(EGRESS, |inputs| inputs["cidrIpv4"] = json!("0.0.0.0/0"));
    rules_name_one_port: "CKV_AWS_382", |stack| unless(stack, EGRESS, |rule| {
            rule.input("/ipProtocol") == "tcp" && rule.input("/fromPort") == 443 && rule.input("/toPort") == 443
        }), Spoil::With(EGRESS, |inputs| inputs["ipProtocol"] = json!("-1"));
    subnets_give_no_public_addresses: "CKV_AWS_130 AVD-AWS-0164 EC2.15",
        |stack| unless(stack, SUBNET, |subnet| subnet.inputs["mapPublicIpOnLaunch"] == false),
        Spoil::With(SUBNET, |inputs| inputs["mapPublicIpOnLaunch"] = json!(true));
    images_are_found_within: "EC2.55", |stack| without_endpoint(stack, ".ecr.api"), Spoil::Without(ENDPOINT);
    images_are_pulled_within: "EC2.56", |stack| without_endpoint(stack, ".ecr.dkr"), Spoil::Without(ENDPOINT);
    s3_is_reached_within: "AwsSolutions-VPC3", |stack| without_endpoint(stack, ".s3"), Spoil::Without(ENDPOINT);
}
