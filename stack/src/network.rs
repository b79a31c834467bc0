//! The network in which workers run. No incoming connection is allowed, and there is no NAT: S3 is reached through a
//! gateway endpoint, which costs nothing; other services through interface endpoints (private) or a public address of
//! the task (public).

use pulumi_gestalt_rust::{Output, pulumi_combine};
use sluice_aws::ec2::default_security_group::{self, DefaultSecurityGroupArgs};
use sluice_aws::ec2::flow_log::{self, FlowLogArgs};
use sluice_aws::ec2::internet_gateway::{self, InternetGatewayArgs};
use sluice_aws::ec2::route::{self, RouteArgs};
use sluice_aws::ec2::route_table::{self, RouteTableArgs};
use sluice_aws::ec2::route_table_association::{self, RouteTableAssociationArgs};
use sluice_aws::ec2::security_group::{self, SecurityGroupArgs};
use sluice_aws::ec2::subnet::{self, SubnetArgs};
use sluice_aws::ec2::vpc::{self, VpcArgs};
use sluice_aws::ec2::vpc_endpoint::{self, VpcEndpointArgs};
use sluice_aws::functions::ec2::get_subnet::{self, GetSubnetArgs};
use sluice_aws::functions::ec2::get_vpc_endpoint_service::{self, GetVpcEndpointServiceArgs};
use sluice_aws::functions::get_availability_zones::{self, GetAvailabilityZonesArgs};
use sluice_aws::types::GetAvailabilityZonesFilter;
use sluice_aws::vpc::security_group_egress_rule::{self, SecurityGroupEgressRuleArgs};
use sluice_aws::vpc::security_group_ingress_rule::{self, SecurityGroupIngressRuleArgs};
use statemachine::PublicIp;

use crate::buckets::Buckets;
use crate::config;
use crate::config::ZONE_LETTERS;
use crate::deployment::{Deployment, all};
use crate::logs::LogGroup;
use crate::policy::{Principal, allow, document, trust};
use crate::roles::Role;

/// Addresses of the VPC. Every task takes an address: each subnet has room for 8,000.
const VPC_BLOCK: &str = "10.0.0.0/16";
/// Addresses of the subnet in a zone that is named, in the order of the letters of zones. A zone keeps its subnet when others are named beside it, and no
/// two subnets share addresses: Pulumi creates new subnets before it deletes old ones, and EC2 refuses addresses that are in use.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html> (InvalidSubnet.Conflict)
const NAMED_BLOCKS: [&str; ZONE_LETTERS.len()] =
    ["10.0.0.0/19", "10.0.32.0/19", "10.0.64.0/19", "10.0.96.0/19", "10.0.128.0/19", "10.0.160.0/19"];
/// Addresses of the subnets in the two zones that are chosen when none are named.
const CHOSEN_BLOCKS: [(&str, &str); 2] = [("first", "10.0.192.0/19"), ("second", "10.0.224.0/19")];
/// Regions in which only some zones have Fargate, by the prefix of the identifiers of their zones.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html>
const FARGATE_ZONES: [(&str, &[&str]); 4] = [
    ("apne1", &["az1", "az2", "az4"]),
    ("cac1", &["az1", "az2", "az4"]),
    ("use1", &["az1", "az2", "az4", "az5", "az6"]),
    ("usw1", &["az1", "az3"]),
];
/// Services that a worker and the agent that starts it call, besides S3: image, log, answers.
const SERVICES: [&str; 4] = ["ecr.api", "ecr.dkr", "logs", "states"];
const HTTPS: i32 = 443;

/// The network configuration of a task.
pub(crate) struct Network {
    pub(crate) subnets: Output<Vec<String>>,
    pub(crate) security_groups: Output<Vec<String>>,
    pub(crate) public_ip: Output<PublicIp>,
}

impl Network {
    pub(crate) fn create(deployment: &Deployment<'_>, buckets: &Buckets) -> Self {
        match &deployment.config.network {
            config::Network::Private { zones } => private(deployment, buckets, zones),
            config::Network::Public { zones } => public(deployment, buckets, zones),
            config::Network::Existing { subnets, security_groups } => existing(deployment, subnets, security_groups),
        }
    }
}

/// A VPC of the deployment's own, in two zones or in the zones that are named, with a route to S3 and to nothing else.
struct Own {
    vpc: Output<String>,
    route_table: Output<String>,
    subnets: Vec<Output<String>>,
    /// Identifier of the prefix list of S3's addresses, as rules of security groups name it.
    s3: Output<String>,
}

impl Own {
    fn create(deployment: &Deployment<'_>, buckets: &Buckets, zones: Vec<Zone>) -> Self {
        let made = VpcArgs::builder()
            .cidr_block(VPC_BLOCK)
            .enable_dns_support(true)
            .enable_dns_hostnames(true)
            .tags(labelled(deployment, "vpc"));
        let vpc = vpc::create(deployment.ctx, "vpc", made.build_struct()).id;
        // AWS assigns this group to a resource without a security group; the group allows no traffic.
        let locked = DefaultSecurityGroupArgs::builder().vpc_id(vpc.clone()).tags(labelled(deployment, "unused"));
        default_security_group::create(deployment.ctx, "default-security-group", locked.build_struct());
        log_refused(deployment, &vpc);

        let routes = RouteTableArgs::builder().vpc_id(vpc.clone()).tags(labelled(deployment, "routes"));
        let route_table = route_table::create(deployment.ctx, "routes", routes.build_struct()).id;
        let subnets = zones.into_iter().map(|zone| {
            let name = format!("subnet-{}", zone.label);
            let made = SubnetArgs::builder()
                .vpc_id(vpc.clone())
                .cidr_block(zone.block)
                .availability_zone(zone.name)
                .map_public_ip_on_launch(false)
                .tags(labelled(deployment, &name));
            if zone.is_chosen {
                // What AWS offers changes, and the choice with it: a subnet stays where it is.
                deployment.ignore_changes(&name, "availabilityZone");
            }
            let id = subnet::create(deployment.ctx, &name, made.build_struct()).id;
            let association =
                RouteTableAssociationArgs::builder().route_table_id(route_table.clone()).subnet_id(id.clone());
            route_table_association::create(deployment.ctx, &format!("{name}-routes"), association.build_struct());
            id
        });
        let subnets = subnets.collect();
        let endpoint = VpcEndpointArgs::builder()
            .vpc_id(vpc.clone())
            .service_name(service(deployment, "s3"))
            .vpc_endpoint_type("Gateway")
            .route_table_ids(all([route_table.clone()]))
            .policy(way_to_s3(deployment, buckets))
            .tags(labelled(deployment, "s3"));
        let s3 = vpc_endpoint::create(deployment.ctx, "s3-endpoint", endpoint.build_struct()).prefix_list_id;
        Self { vpc, route_table, subnets, s3 }
    }
}

/// An availability zone, and its subnet.
struct Zone {
    name: Output<String>,
    /// Ends the logical name of the subnet.
    label: String,
    /// Addresses of the subnet.
    block: &'static str,
    /// Whether the zone was chosen by what AWS offers.
    is_chosen: bool,
}

/// Returns the zones that are named. The configuration has accepted them, so that each has a block.
fn named_zones(named: &[String]) -> Vec<Zone> {
    let of_name = |name: &String| {
        let (letter, block) = ZONE_LETTERS.into_iter().zip(NAMED_BLOCKS).find(|(letter, _)| name.ends_with(*letter))?;
        Some(Zone { name: Output::new(name.clone()), label: letter.to_string(), block, is_chosen: false })
    };
    named.iter().filter_map(of_name).collect()
}

/// Returns the zones to use: the named ones, or two zones that have Fargate and all of these services. An interface
/// endpoint cannot be created in a zone in which its service is not offered.
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html>
fn zones(deployment: &Deployment<'_>, named: &[String], services: &[&'static str]) -> Vec<Zone> {
    if !named.is_empty() {
        return named_zones(named);
    }
    // Local zones, into which an account can opt, have neither Fargate nor endpoints.
    let in_region = GetAvailabilityZonesFilter::builder()
        .name("opt-in-status".to_owned())
        .values(vec!["opt-in-not-required".to_owned()])
        .build_struct();
    let there = GetAvailabilityZonesArgs::builder().state("available").filters(vec![in_region]);
    let there = get_availability_zones::invoke(deployment.ctx, there.build_struct());
    let of_services = all(services.iter().map(|name| {
        let asked =
            GetVpcEndpointServiceArgs::builder().service_name(service(deployment, name)).service_type("Interface");
        get_vpc_endpoint_service::invoke(deployment.ctx, asked.build_struct()).availability_zones
    }));
    let fit = pulumi_combine!(there.names, there.zone_ids, of_services).map(|(names, ids, of_services)| {
        let fits = |name: &String, id: &str| has_fargate(id) && of_services.iter().all(|zones| zones.contains(name));
        let fit: Vec<String> =
            names.iter().zip(&ids).filter(|(name, id)| fits(name, id)).map(|(name, _)| name.clone()).collect();
        // If no zone fits, AWS's own error message explains what is missing.
        if fit.is_empty() { names } else { fit }
    });
    let chosen = CHOSEN_BLOCKS.iter().enumerate().map(|(index, &(label, block))| {
        let name = fit.map(move |fit| fit.get(index).or(fit.first()).cloned().unwrap_or_default());
        Zone { name, label: label.to_owned(), block, is_chosen: true }
    });
    chosen.collect()
}

fn has_fargate(zone_id: &str) -> bool {
    let (region, zone) = zone_id.split_once('-').unwrap_or((zone_id, ""));
    FARGATE_ZONES.iter().all(|(some, zones)| *some != region || zones.contains(&zone))
}

fn private(deployment: &Deployment<'_>, buckets: &Buckets, named: &[String]) -> Network {
    let own = Own::create(deployment, buckets, zones(deployment, named, &SERVICES));
    let worker = security_group(deployment, "worker", "Workers of Sluice: nothing comes in", &own.vpc);
    let endpoints = security_group(deployment, "endpoints", "Endpoints of Sluice: workers come in", &own.vpc);
    let rule = SecurityGroupIngressRuleArgs::builder()
        .security_group_id(endpoints.clone())
        .referenced_security_group_id(worker.clone())
        .ip_protocol("tcp")
        .from_port(HTTPS)
        .to_port(HTTPS)
        .description("Workers")
        .tags(deployment.tags());
    security_group_ingress_rule::create(deployment.ctx, "endpoints-from-worker", rule.build_struct());
    let to = |name: &str, about: &str, rule: EgressTo| egress(deployment, name, about, &worker, rule);
    to("worker-to-endpoints", "Image, logs and the results of tasks", EgressTo::Group(endpoints.clone()));
    to("worker-to-s3", "Files, and the layers of the image", EgressTo::PrefixList(own.s3.clone()));
    for name in SERVICES {
        let endpoint = VpcEndpointArgs::builder()
            .vpc_id(own.vpc.clone())
            .service_name(service(deployment, name))
            .vpc_endpoint_type("Interface")
            .private_dns_enabled(true)
            .subnet_ids(all(own.subnets.clone()))
            .security_group_ids(all([endpoints.clone()]))
            .tags(labelled(deployment, name));
        vpc_endpoint::create(deployment.ctx, &format!("{}-endpoint", name.replace('.', "-")), endpoint.build_struct());
    }
    Network { subnets: all(own.subnets), security_groups: all([worker]), public_ip: Output::new(PublicIp::Disabled) }
}

fn public(deployment: &Deployment<'_>, buckets: &Buckets, named: &[String]) -> Network {
    let own = Own::create(deployment, buckets, zones(deployment, named, &[]));
    let gateway = InternetGatewayArgs::builder().vpc_id(own.vpc.clone()).tags(labelled(deployment, "internet"));
    let gateway = internet_gateway::create(deployment.ctx, "internet", gateway.build_struct()).id;
    let out = RouteArgs::builder()
        .route_table_id(own.route_table.clone())
        .destination_cidr_block("0.0.0.0/0")
        .gateway_id(gateway);
    route::create(deployment.ctx, "route-to-internet", out.build_struct());
    Network {
        security_groups: all([open_to_aws(deployment, &own.vpc)]),
        subnets: all(own.subnets),
        public_ip: Output::new(PublicIp::Enabled),
    }
}

fn existing(deployment: &Deployment<'_>, subnets: &[String], security_groups: &[String]) -> Network {
    let first = GetSubnetArgs::builder().id(Output::new(subnets.first().cloned()));
    let first = get_subnet::invoke(deployment.ctx, first.build_struct());
    let security_groups = match security_groups {
        [] => all([open_to_aws(deployment, &first.vpc_id)]),
        given => Output::new(given.to_vec()),
    };
    // Whether the subnets assign public addresses tells whether tasks need one to reach the internet.
    let public_ip = first.map_public_ip_on_launch.map(|has| if has { PublicIp::Enabled } else { PublicIp::Disabled });
    Network { subnets: Output::new(subnets.to_vec()), security_groups, public_ip }
}

/// Creates a group that allows HTTPS to everywhere: services of AWS have no list of addresses that a rule could name.
fn open_to_aws(deployment: &Deployment<'_>, vpc: &Output<String>) -> Output<String> {
    let worker = security_group(deployment, "worker", "Workers of Sluice: nothing comes in", vpc);
    egress(deployment, "worker-to-aws", "Files, image, logs and the results of tasks", &worker, EgressTo::Anywhere);
    worker
}

fn security_group(deployment: &Deployment<'_>, what: &str, about: &str, vpc: &Output<String>) -> Output<String> {
    let group = SecurityGroupArgs::builder()
        .name_prefix(format!("{}-", deployment.named(what)))
        .description(about)
        .vpc_id(vpc.clone())
        .tags(labelled(deployment, what));
    security_group::create(deployment.ctx, &format!("{what}-security-group"), group.build_struct()).id
}

enum EgressTo {
    Anywhere,
    Group(Output<String>),
    PrefixList(Output<String>),
}

fn egress(deployment: &Deployment<'_>, name: &str, about: &str, group: &Output<String>, to: EgressTo) {
    let rule = SecurityGroupEgressRuleArgs::builder()
        .security_group_id(group.clone())
        .ip_protocol("tcp")
        .from_port(HTTPS)
        .to_port(HTTPS)
        .description(about)
        .tags(deployment.tags());
    let rule = match to {
        EgressTo::Anywhere => rule.cidr_ipv4("0.0.0.0/0").build_struct(),
        EgressTo::Group(group) => rule.referenced_security_group_id(group).build_struct(),
        EgressTo::PrefixList(list) => rule.prefix_list_id(list).build_struct(),
    };
    security_group_egress_rule::create(deployment.ctx, name, rule);
}

/// The policy of the gateway endpoint: allows the pipeline's buckets, and the bucket in which ECR keeps the layers of
/// images.
fn way_to_s3(deployment: &Deployment<'_>, buckets: &Buckets) -> Output<String> {
    let layers = deployment
        .place
        .map(|place| format!("arn:{}:s3:::prod-{}-starport-layer-bucket/*", place.partition, place.region));
    let actions = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"];
    let ours = buckets.each().flat_map(|bucket| [bucket.arn.clone(), bucket.objects("*")]);
    document([
        allow("OurBuckets", actions).to(Principal::Anybody).on(ours),
        allow("ImageLayers", ["s3:GetObject"]).to(Principal::Anybody).on([layers]),
    ])
}

/// Logs refused connections only: accepted ones are the pipeline's own, and many.
fn log_refused(deployment: &Deployment<'_>, vpc: &Output<String>) {
    let group = LogGroup::create(deployment, "network-logs", format!("/{}/network", deployment.config.name));
    let trust = trust(deployment, "vpc-flow-logs.amazonaws.com", Some(vec![deployment.arn("ec2", "vpc-flow-log/*")]));
    let may = [
        allow("WriteLog", ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"])
            .on([group.streams()]),
        allow("FindLog", ["logs:DescribeLogGroups"]).on_all(),
    ];
    let role = Role::create(deployment, "network-logs", "logs refused connections", trust, may);
    let log = FlowLogArgs::builder()
        .vpc_id(vpc.clone())
        .traffic_type("REJECT")
        .log_destination_type("cloud-watch-logs")
        .log_destination(group.arn.clone())
        .iam_role_arn(role.arn.clone())
        .tags(labelled(deployment, "refused"));
    deployment.after("flow-log", [&role.policy]);
    flow_log::create(deployment.ctx, "flow-log", log.build_struct());
}

fn service(deployment: &Deployment<'_>, name: &'static str) -> Output<String> {
    deployment.region().map(move |region| format!("com.amazonaws.{region}.{name}"))
}

/// Returns tags with a `Name`: resources of a VPC have no name of their own, and the console shows this tag.
fn labelled(deployment: &Deployment<'_>, what: &str) -> std::collections::HashMap<String, String> {
    let mut tags = deployment.tags();
    tags.insert("Name".to_owned(), deployment.named(what));
    tags
}

#[cfg(test)]
mod tests {
    use super::has_fargate;

    #[test]
    fn fargate_is_in_all_zones_of_most_regions_and_in_some_of_others() {
        assert!(has_fargate("euc1-az3") && has_fargate("use1-az6") && has_fargate("apne1-az4"));
        assert!(!has_fargate("use1-az3") && !has_fargate("usw1-az2") && !has_fargate("cac1-az3"));
    }
}
