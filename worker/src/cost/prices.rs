//! List prices, with their date and the pages they were read from.

use serde::{Deserialize, Serialize};

/// Day on which the prices were read.
pub const READ_ON: &str = "2026-11-26";

/// Region of the prices.
pub const REGION: &str = "us-east-1";

/// Pages from which the prices were read.
pub const PAGES: [&str; 7] = [
    "https://aws.amazon.com/fargate/pricing/",
    "https://aws.amazon.com/s3/pricing/",
    "https://aws.amazon.com/lambda/pricing/",
    "https://aws.amazon.com/step-functions/pricing/",
    "https://aws.amazon.com/eventbridge/pricing/",
    "https://aws.amazon.com/cloudwatch/pricing/",
    "https://aws.amazon.com/vpc/pricing/",
];

/// The processor for which an image is built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// x86-64, the default of the stack.
    #[default]
    Amd64,
    /// Graviton: costs a fifth less.
    Arm64,
}

impl Architecture {
    /// Returns the processor for which this program was built, which is also that of its container.
    pub fn of_this_program() -> Self {
        if cfg!(target_arch = "aarch64") { Self::Arm64 } else { Self::Amd64 }
    }
}

/// Prices in USD. Free tiers, volume discounts and savings plans are left out: each can only make a bill
/// smaller.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Prices {
    /// A vCPU of Fargate for an hour.
    pub vcpu_hour: f64,
    /// A GB of memory of Fargate for an hour.
    pub gb_hour: f64,
    /// Price of Spot as a share of both prices on demand. It floats; AWS says "up to 70 % off".
    pub spot_share: f64,
    /// A public IPv4 address for an hour: a task in `network: public` has one.
    pub address_hour: f64,
    /// A PUT, COPY, POST or LIST request.
    pub s3_put: f64,
    /// A GET, HEAD or other request. DELETE is free.
    pub s3_get: f64,
    /// A GB-second of Lambda.
    pub lambda_gb_second: f64,
    /// A call of Lambda.
    pub lambda_request: f64,
    /// A state transition of a standard workflow; a retry counts as one, and so do the start and the end.
    pub transition: f64,
    /// A custom event of up to 64 KB.
    pub event: f64,
    /// A GB of ingested log lines.
    pub log_gb: f64,
    /// A custom metric, for each hour in which it is written: 0.30 a month of 730 hours.
    pub metric_hour: f64,
}

impl Prices {
    /// The list prices of us-east-1.
    pub const fn of(architecture: Architecture) -> Self {
        let (vcpu_hour, gb_hour, lambda_gb_second) = match architecture {
            Architecture::Amd64 => (0.040_48, 0.004_445, 0.000_016_666_7),
            Architecture::Arm64 => (0.032_38, 0.003_56, 0.000_013_333_4),
        };
        Self {
            vcpu_hour,
            gb_hour,
            spot_share: 0.34,
            address_hour: 0.005,
            s3_put: 0.005 / 1e3,
            s3_get: 0.000_4 / 1e3,
            lambda_gb_second,
            lambda_request: 0.20 / 1e6,
            transition: 0.025 / 1e3,
            event: 1.0 / 1e6,
            log_gb: 0.50,
            metric_hour: 0.30 / 730.0,
        }
    }
}
