//! The stacks that the tests examine.

use std::sync::LazyLock;

use crate::engine::{Registered, Settings, run};

pub(crate) const IMAGE: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/process-data@sha256:\
                         0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
pub(crate) const KEY: &str = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555";
pub(crate) const EMAIL: &str = "data@example.com";

/// The default settings, with the image alone set.
pub(crate) const DEFAULT: Settings<'_> = &[("image", IMAGE)];

/// Other values for all settings that are compatible with a planner that is a task and a start on arrival.
pub(crate) const OTHER: Settings<'_> = &[
    ("alarmEmail", EMAIL),
    ("architecture", "arm64"),
    ("cleanBucket", "false"),
    ("containerInsights", "true"),
    ("cpu", "4096"),
    ("ephemeralStorage", "100"),
    ("eventDetailType", "Intake"),
    ("eventSource", "com.example.intake"),
    ("formerKmsKeyArns", "[\"arn:aws:kms:eu-central-1:123456789012:key/99999999-8888-7777-6666-555555555555\"]"),
    ("image", IMAGE),
    ("kmsKeyArn", KEY),
    ("logRetentionDays", "731"),
    ("logStatistics", "counts"),
    ("maxCpu", "4096"),
    ("maxConcurrency", "7"),
    ("memory", "16384"),
    ("metrics", "stack"),
    ("network", "public"),
    ("planner", "task"),
    ("protectData", "false"),
    ("quietSeconds", "30"),
    ("reportPages", "20"),
    ("runTimeoutSeconds", "14400"),
    ("schedule", "cron(0 6 ? * MON-FRI *)"),
    ("scheduleEnabled", "false"),
    ("spotPercent", "0"),
    ("tags", "{\"team\":\"data\"}"),
    ("taskBytes", "1073741824"),
    ("taskFiles", "500"),
    ("taskTimeoutSeconds", "7200"),
    ("timeZone", "Europe/Rome"),
    ("trigger", "both"),
    ("zones", "[\"eu-central-1c\"]"),
];

/// Existing subnets, and no schedule.
pub(crate) const EXISTING: Settings<'_> = &[
    ("feedbackBucket", "true"),
    ("image", IMAGE),
    ("metrics", "off"),
    ("network", "existing"),
    ("subnetIds", "[\"subnet-0123456789abcdef0\"]"),
    ("trigger", "arrival"),
];

fn up(settings: Settings<'_>, secret: &[&str]) -> Registered {
    let registered = run(settings, secret, false);
    assert_eq!(registered.exit, Some(0), "{}", registered.errors);
    registered
}

pub(crate) static DEFAULT_STACK: LazyLock<Registered> = LazyLock::new(|| up(DEFAULT, &[]));
pub(crate) static OTHER_STACK: LazyLock<Registered> = LazyLock::new(|| up(OTHER, &["alarmEmail"]));
pub(crate) static EXISTING_STACK: LazyLock<Registered> = LazyLock::new(|| up(EXISTING, &[]));

/// All stacks, with their names.
pub(crate) fn each() -> [(&'static str, &'static Registered); 3] {
    [("default", &DEFAULT_STACK), ("other", &OTHER_STACK), ("existing", &EXISTING_STACK)]
}
