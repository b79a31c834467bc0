//! Settings of the network in which workers run.

use super::reader::Reader;

/// The letters of the availability zones for which a VPC of the deployment's own has addresses. No region has more than six zones.
pub(crate) const ZONE_LETTERS: [char; 6] = ['a', 'b', 'c', 'd', 'e', 'f'];

/// The network in which workers run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Network {
    /// A VPC of the deployment's own; tasks have no public address and reach AWS through endpoints.
    Private {
        /// Names of availability zones; if empty, two are chosen.
        zones: Vec<String>,
    },
    /// A VPC of the deployment's own; tasks have public addresses, and no incoming connection is allowed.
    Public {
        /// Names of availability zones; if empty, two are chosen.
        zones: Vec<String>,
    },
    /// Existing subnets.
    Existing {
        /// Identifiers of the subnets.
        subnets: Vec<String>,
        /// Identifiers of security groups; if empty, one is created.
        security_groups: Vec<String>,
    },
}

pub(super) fn read(reader: &mut Reader<'_>) -> Network {
    let subnets = ids(reader, "subnetIds", "subnet");
    let security_groups = ids(reader, "securityGroupIds", "sg");
    let zones = zones(reader);
    let (own, other) = (zones.clone(), zones.clone());
    let existing = Network::Existing { subnets: subnets.clone(), security_groups: security_groups.clone() };
    let choices = [
        ("private", Network::Private { zones: own }),
        ("public", Network::Public { zones: other }),
        ("existing", existing),
    ];
    let network = reader.one_of("network", &choices);
    match &network {
        Network::Existing { .. } => {
            if subnets.is_empty() {
                reader.fault_of("subnetIds", "network: existing needs the subnets of that network");
            }
            if !zones.is_empty() {
                reader.fault_of("zones", "network: existing has the zones of its subnets; leave this setting out");
            }
            // Limits of Fargate.
            for (key, ids, most) in [("subnetIds", &subnets, 16), ("securityGroupIds", &security_groups, 5)] {
                if ids.len() > most {
                    reader.fault_of(key, format!("a task can have at most {most}, and {} are given", ids.len()));
                }
            }
        }
        Network::Private { .. } | Network::Public { .. } => {
            for (key, ids) in [("subnetIds", &subnets), ("securityGroupIds", &security_groups)] {
                if !ids.is_empty() {
                    reader.fault_of(key, "only `network: existing` uses this setting");
                }
            }
        }
    }
    network
}

fn ids(reader: &mut Reader<'_>, key: &str, kind: &str) -> Vec<String> {
    let ids: Vec<String> =
        reader.structure(key, "a list, like [\"subnet-0a1b2c3d\"]", |text| serde_json::from_str(text));
    for id in &ids {
        if !is_id(id, kind) {
            reader.fault_of(key, format!("{id:?} is not an identifier such as {kind}-0123456789abcdef0"));
        }
    }
    ids
}

fn is_id(text: &str, kind: &str) -> bool {
    let digits = text.strip_prefix(kind).and_then(|rest| rest.strip_prefix('-'));
    digits.is_some_and(|digits| {
        [8, 17].contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
    })
}

fn zones(reader: &mut Reader<'_>) -> Vec<String> {
    let form = "a list, like [\"eu-central-1a\", \"eu-central-1b\"]";
    let zones: Vec<String> = reader.structure("zones", form, |text| serde_json::from_str(text));
    for (index, zone) in zones.iter().enumerate() {
        let area = zone.strip_suffix(|letter: char| letter.is_ascii_lowercase());
        if !area.is_some_and(|area| area.ends_with(|digit: char| digit.is_ascii_digit()) && area.contains('-')) {
            reader.fault_of("zones", format!("{zone:?} is not the name of an availability zone such as eu-central-1a"));
        } else if let Some(region) = reader.region().filter(|region| area != Some(*region)) {
            reader.fault_of("zones", format!("{zone:?} is not in {region}, where the stack is"));
        }
        if area.is_some() && !zone.ends_with(ZONE_LETTERS) {
            reader.fault_of("zones", format!("{zone:?}: the network has addresses for the zones a to f"));
        }
        if zones[..index].contains(zone) {
            reader.fault_of("zones", format!("{zone:?} is named twice"));
        }
    }
    zones
}
