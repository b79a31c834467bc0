//! What can be wrong with the settings of a stack, and the messages about it.

use std::collections::{BTreeMap, BTreeSet};

use sluice_stack::config::{Config, LogStatistics, Metrics, Network, Planner, SETTINGS, TaskSize, Trigger};

use crate::engine::{Settings, full, run};
use crate::stacks::{DEFAULT, IMAGE, KEY, OTHER};

fn read(settings: Settings<'_>) -> Result<Config, String> {
    Config::read("sluice", "test", &full(settings), &BTreeSet::new()).map_err(|faults| faults.to_string())
}

/// Returns the message when these settings are set besides the image.
fn said_of(settings: Settings<'_>) -> String {
    let mut all = full(DEFAULT);
    all.extend(full(settings));
    let result = Config::read("sluice", "test", &all, &BTreeSet::new());
    result.map(|_| String::new()).unwrap_or_else(|faults| faults.to_string())
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table: one line for each fault")]
fn each_fault_is_named() {
    let unpushed = "./build.sh -i process-data";
    let table: &[(Settings<'_>, &str)] = &[
        (&[("image", "")], unpushed),
        (&[("image", "process-data:latest")], "is not in ECR"),
        (&[("image", "docker.io/library/process-data@sha256:00")], "is not in ECR"),
        (&[("image", "123456789012.dkr.ecr.eu-central-1.amazonaws.com/process-data:latest")], "a tag can move"),
        (&[("image", "123456789012.dkr.ecr.eu-central-1.amazonaws.com/a@sha256:12")], "is not a digest"),
        (&[("aws:region", "us-east-1")], "the image is in eu-central-1 and the stack in us-east-1"),
        (&[("shedule", "rate(1 day)")], "sluice:shedule: there is no such setting; did you mean sluice:schedule?"),
        (&[("Cpu", "256")], "did you mean sluice:cpu?"),
        (&[("colour", "blue")], "there is no such setting; there are alarmEmail, architecture"),
        (&[("architecture", "x86")], "\"x86\" is not one of amd64, arm64"),
        (&[("trigger", "upload")], "\"upload\" is not one of schedule, arrival, both"),
        (&[("quietSeconds", "901")], "\"901\" is not a whole number from 10 to 900"),
        (&[("planner", "lambda")], "\"lambda\" is not one of function, task"),
        (&[("schedule", "every day")], "sluice:schedule: \"every day\": not a schedule"),
        (&[("schedule", "cron(0 6 * * *)")], "a cron has six fields"),
        (&[("timeZone", "CET+1")], "not the name of a time zone"),
        (&[("timeZone", "europe/rome")], "not the name of a time zone"),
        (&[("scheduleEnabled", "yes")], "\"yes\" is neither true nor false"),
        (&[("cpu", "3000")], "Fargate has no 3000 CPU units; it has 256, 512, 1024, 2048, 4096, 8192 and 16384"),
        (&[("cpu", "one")], "\"one\" is not a whole number"),
        (
            &[("memory", "1000")],
            "1024 CPU units cannot have 1000 MiB of memory on Fargate; it can have 2048 to 8192 in steps of 1024",
        ),
        (&[("cpu", "256"), ("memory", "4096")], "it can have 512, 1024 or 2048"),
        (&[("maxCpu", "5000")], "sluice:maxCpu: Fargate has no 5000 CPU units"),
        (&[("maxCpu", "512")], "512 CPU units are less than the 1024 that every task has"),
        (&[("ephemeralStorage", "10")], "\"10\" is not a whole number from 20 to 200"),
        (&[("ephemeralStorage", "201")], "from 20 to 200"),
        (&[("spotPercent", "101")], "from 0 to 100"),
        (&[("spotPercent", "-1")], "from 0 to 100"),
        (&[("maxConcurrency", "0")], "from 1 to 10000"),
        (&[("taskBytes", "2GB")], "\"2GB\" is not a whole number"),
        (&[("taskFiles", "0")], "from 1 to 1000000"),
        (&[("taskTimeoutSeconds", "60")], "from 600 to 604800"),
        (&[("runTimeoutSeconds", "60")], "from 3600 to 604800"),
        (&[("runTimeoutSeconds", "7200")], "7200 seconds are less than the 43200 that a task may take"),
        (&[("cleanBucket", "off")], "\"off\" is neither true nor false"),
        (&[("cleanBucket", "false"), ("feedbackBucket", "true")], "without cleanBucket there are reports only"),
        (&[("reportPages", "5001")], "from 0 to 5000"),
        (&[("network", "vpc")], "\"vpc\" is not one of private, public, existing"),
        (&[("network", "existing")], "sluice:subnetIds: network: existing needs the subnets"),
        (&[("subnetIds", "[\"subnet-0123456789abcdef0\"]")], "only `network: existing` uses this setting"),
        (&[("network", "existing"), ("subnetIds", "[\"mine\"]")], "\"mine\" is not an identifier"),
        (&[("network", "existing"), ("subnetIds", "subnet-0123456789abcdef0")], "is not a list"),
        (&[("zones", "eu-central-1a")], "is not a list, like [\"eu-central-1a\""),
        (&[("zones", "[\"euc1-az1\"]")], "\"euc1-az1\" is not the name of an availability zone"),
        (&[("zones", "[\"eu-central-1a\",\"eu-central-1a\"]")], "is named twice"),
        (&[("zones", "[\"eu-west-1a\"]"), ("aws:region", "eu-central-1")], "\"eu-west-1a\" is not in eu-central-1"),
        (&[("zones", "[\"eu-central-1g\"]")], "\"eu-central-1g\": the network has addresses for the zones a to f"),
        (
            &[
                ("network", "existing"),
                ("subnetIds", "[\"subnet-0123456789abcdef0\"]"),
                ("zones", "[\"eu-central-1a\"]"),
            ],
            "has the zones of its subnets",
        ),
        (&[("metrics", "none")], "\"none\" is not one of prefix, stack, off"),
        (&[("logStatistics", "all")], "\"all\" is not one of full, counts"),
        (&[("eventSource", "aws.s3")], "sources that begin with aws. belong to AWS"),
        (&[("containerInsights", "on")], "\"on\" is neither true nor false"),
        (&[("logRetentionDays", "100")], "CloudWatch does not keep logs for 100 days; for 90 it does"),
        (&[("kmsKeyArn", "alias/mine")], "not the ARN of a key"),
        (&[("kmsKeyArn", "arn:aws:kms:eu-central-1:123456789012:alias/mine")], "cannot name an alias"),
        (&[("kmsKeyArn", KEY), ("aws:region", "us-east-1")], "is in eu-central-1 and the stack in us-east-1"),
        (&[("formerKmsKeyArns", KEY)], "is not a list, like [\"arn:aws:kms:"),
        (&[("formerKmsKeyArns", "[\"mine\"]")], "sluice:formerKmsKeyArns: \"mine\" is not the ARN of a key"),
        (&[("alarmEmail", "me")], "not an email address"),
        (&[("tags", "[1]")], "is not an object of texts"),
        (&[("tags", "{\"aws:team\":\"x\"}")], "belong to AWS"),
        (&[("tags", "{\"Name\":\"x\"}")], "every resource has a name of its own"),
        (&[("tags", "{\"team\":\"R&D\"}")], "\"team\": AWS does not allow '&' in a tag"),
        (&[("tags", "{\"Team\":\"a\",\"team\":\"b\"}")], "\"team\" differs from another key only in case"),
        (&[("protectData", "no")], "\"no\" is neither true nor false"),
    ];
    for (settings, expected) in table {
        let said = said_of(settings);
        assert!(said.contains(expected), "{settings:?}: {said:?} does not say {expected:?}");
    }
}

#[test]
fn all_faults_are_named_at_once_and_nothing_is_registered() {
    let stack = run(&[("cpu", "1"), ("network", "none"), ("shedule", "rate(1 day)")], &[], true);
    assert_eq!(stack.exit, Some(1));
    assert!(stack.resources.is_empty());
    for fault in ["4 faults", "sluice:cpu:", "sluice:network:", "sluice:shedule:", "./build.sh -i process-data"] {
        assert!(stack.errors.contains(fault), "{fault}: {}", stack.errors);
    }
}

#[test]
fn a_fault_of_an_address_does_not_repeat_it() {
    assert!(!said_of(&[("alarmEmail", "secret-without-at")]).contains("secret-without-at"));
}

#[test]
fn what_is_shown_anyway_is_not_set_as_a_secret() {
    let secrets = ["sluice:image".to_owned(), "sluice:alarmEmail".to_owned()].into();
    let faults = Config::read("sluice", "test", &full(DEFAULT), &secrets).unwrap_err().to_string();
    assert!(faults.contains("sluice:image: it is set as a secret"), "{faults}");
    assert!(!faults.contains("alarmEmail"), "{faults}");
}

#[test]
fn names_that_aws_does_not_take_are_refused() {
    for stack in ["Dev", "dev_1", "a-very-long-name-of-a-stack-indeed", "dev-"] {
        let faults = Config::read("sluice", stack, &full(DEFAULT), &BTreeSet::new()).unwrap_err().to_string();
        assert!(faults.contains("names of buckets and roles"), "{stack}: {faults}");
    }
    // The name of the project, a dash, and 20 to 22 characters.
    for (characters, feedback, is_taken) in [(22, "false", true), (22, "true", false), (20, "true", true)] {
        let settings = full(&[DEFAULT, &[("feedbackBucket", feedback)]].concat());
        let read = Config::read("sluice", &"s".repeat(characters), &settings, &BTreeSet::new());
        assert_eq!(read.is_ok(), is_taken, "{characters} characters, feedbackBucket {feedback}: {read:?}");
    }
}

#[test]
fn settings_of_others_are_left_alone() {
    assert!(read(&[("image", IMAGE), ("aws:profile", "me"), ("aws:region", "eu-central-1")]).is_ok());
}

#[test]
fn everything_set_is_everything_read() {
    let names: BTreeSet<_> = OTHER.iter().map(|(key, _)| *key).collect();
    let left: Vec<_> = SETTINGS.iter().filter(|key| !names.contains(*key)).collect();
    // Without a clean bucket there are no answers; the stack with existing subnets has both buckets.
    let others = [&"feedbackBucket", &"securityGroupIds", &"subnetIds"];
    assert_eq!(left, others, "the other stack sets everything else");
    let (default, other) = (read(DEFAULT).unwrap(), read(OTHER).unwrap());
    let zones = vec!["eu-central-1c".to_owned()];
    assert_eq!((default.network, other.network), (Network::Private { zones: Vec::new() }, Network::Public { zones }));
    assert_eq!((default.trigger, other.trigger), (Trigger::Schedule, Trigger::Both));
    assert_eq!((default.planner, other.planner), (Planner::Function, Planner::Task));
    assert_eq!((default.metrics, other.metrics), (Metrics::Prefix, Metrics::Stack));
    assert_eq!((default.log_statistics, other.log_statistics), (LogStatistics::Full, LogStatistics::Counts));
    assert_eq!((default.max_concurrency, other.max_concurrency), (100, 7));
    assert_eq!((default.report_pages, other.report_pages), (1000, 20));
}

#[test]
fn tasks_come_in_sizes_as_far_as_the_ceiling_goes() {
    let sizes = |settings: Settings<'_>| {
        let mut all = full(DEFAULT);
        all.extend(full(settings));
        let config = Config::read("sluice", "test", &all, &BTreeSet::new()).unwrap();
        config.task_sizes.into_iter().map(|TaskSize { cpu, memory }| (cpu, memory)).collect::<Vec<_>>()
    };
    assert_eq!(sizes(&[]), [(1024, 2048), (4096, 8192), (16_384, 32_768)]);
    assert_eq!(sizes(&[("maxCpu", "4096")]), [(1024, 2048), (4096, 8192)]);
    assert_eq!(sizes(&[("cpu", "16384"), ("memory", "32768")]), [(16_384, 32_768)]);
}

/// The settings in `Pulumi.yaml`: name and default, in the order of the file.
fn documented() -> Vec<(String, String)> {
    let yaml = include_str!("../../../Pulumi.yaml");
    let config = yaml.split("\nconfig:\n").nth(1).unwrap();
    let mut settings = Vec::new();
    for line in config.lines() {
        if let Some(name) = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')) {
            settings.push((name.trim_end_matches(':').to_owned(), String::from("(none)")));
        } else if let Some(default) = line.strip_prefix("    default: ") {
            settings.last_mut().unwrap().1 = default.trim_matches('"').to_owned();
        }
    }
    settings
}

#[test]
fn every_setting_is_documented() {
    let documented: BTreeSet<_> = documented().into_iter().map(|(name, _)| name).collect();
    assert_eq!(documented, SETTINGS.iter().map(ToString::to_string).collect());
}

/// Pulumi passes the defaults of `Pulumi.yaml`; with tools that do not read it, the program's own defaults
/// hold.
#[test]
fn the_documented_defaults_are_the_defaults() {
    let defaults = documented().into_iter().map(|(name, default)| (format!("sluice:{name}"), default));
    let mut settings: BTreeMap<_, _> = defaults.collect();
    assert_eq!(settings.insert("sluice:image".to_owned(), IMAGE.to_owned()), Some(String::new()));
    let handed_over = Config::read("sluice", "test", &settings, &BTreeSet::new()).unwrap();
    assert_eq!(handed_over, read(DEFAULT).unwrap());
}
