//! The worker's image, named by its digest, so that exactly the image that was built is deployed.

/// An image in ECR.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The whole URI.
    pub uri: String,
    /// The account that owns the image.
    pub account: String,
    /// The region of the image.
    pub region: String,
    /// The repository.
    pub repository: String,
}

const FORM: &str = "ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY@sha256:…, as `./build.sh -i process-data` sets it";

impl Image {
    /// Returns a placeholder for an image that has a fault.
    pub(super) fn none() -> Self {
        Self { uri: String::new(), account: String::new(), region: String::new(), repository: String::new() }
    }

    /// Splits the URI of an image into its parts.
    ///
    /// # Errors
    /// A message, when the text is not the URI of an image in ECR with its digest.
    pub fn parse(uri: &str) -> Result<Self, String> {
        let not_ecr = || format!("{uri:?} is not in ECR: it must be {FORM}");
        let (host, path) = uri.split_once('/').ok_or_else(not_ecr)?;
        let host = host.strip_suffix(".amazonaws.com").ok_or_else(not_ecr)?;
        let [account, "dkr", "ecr", region] = host.split('.').collect::<Vec<_>>()[..] else {
            return Err(not_ecr());
        };
        if account.len() != 12 || !account.chars().all(|c| c.is_ascii_digit()) || region.is_empty() {
            return Err(not_ecr());
        }
        let Some((repository, digest)) = path.split_once('@') else {
            return Err(format!("{uri:?} has no digest, and a tag can move: it must be {FORM}"));
        };
        let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        if !digest.strip_prefix("sha256:").is_some_and(|hash| hash.len() == 64 && hash.chars().all(hex)) {
            return Err(format!("{digest:?} is not a digest: sha256: and 64 hexadecimal digits"));
        }
        // A tag beside the digest is ignored by registries.
        let repository = repository.split(':').next().unwrap_or(repository);
        let [account, region, repository] = [account, region, repository].map(str::to_owned);
        Ok(Self { uri: uri.to_owned(), account, region, repository })
    }
}
