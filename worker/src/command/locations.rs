//! Opens SOURCE and DEST, which are folders or buckets.

use std::path::PathBuf;
use std::sync::Arc;

use aws_config::SdkConfig;

use super::{CommandError, nesting};
use crate::aws;
use crate::printable::printable;
use crate::store::{FolderStore, S3Store, Store, StoreError};

/// A place of files or outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Location {
    Folder(PathBuf),
    Bucket { name: String, prefix: String },
}

impl Location {
    fn parse(given: &str) -> Result<Self, CommandError> {
        let Some((scheme, rest)) = given.split_once("://") else {
            return Ok(Self::Folder(given.into()));
        };
        if !scheme.eq_ignore_ascii_case("s3") {
            let (given, scheme) = (printable(given), printable(scheme));
            return Err(CommandError::usage(format!(
                "{given}: {scheme}:// is not supported; name a folder or an s3:// URL"
            )));
        }
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if name.is_empty() {
            let given = printable(given);
            return Err(CommandError::usage(format!("{given}: which bucket? Write s3://BUCKET or s3://BUCKET/PREFIX")));
        }
        Ok(Self::Bucket { name: name.to_owned(), prefix: prefix.to_owned() })
    }

    /// Returns the names of the folders that lead from this location to `inner`; `None` if `inner` is not inside this one.
    fn path_between(&self, inner: &Self) -> Option<Vec<String>> {
        let names = |prefix: &str| -> Vec<String> {
            prefix.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect()
        };
        match (self, inner) {
            (Self::Folder(outer), Self::Folder(inner)) => nesting::path_between(outer, inner),
            (Self::Bucket { name, prefix }, Self::Bucket { name: other, prefix: inner }) if name == other => {
                names(inner).strip_prefix(names(prefix).as_slice()).map(<[String]>::to_vec)
            }
            _ => None,
        }
    }
}

/// A place for outputs, as given on the command line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Destination<'a> {
    /// The option that names the place.
    pub(super) option: &'static str,
    pub(super) given: &'a str,
}

/// Refuses two locations if one is inside the other in such a way that outputs would become inputs.
fn check_nesting(
    source: &Location,
    destination: &Location,
    (given_source, given): (&str, Destination<'_>),
) -> Result<(), CommandError> {
    let refused = |reason: String| {
        let (source, Destination { option, given }) = (printable(given_source), given);
        Err(CommandError::usage(format!("{source}, {option} {}: {reason}", printable(given))))
    };
    if let Some(reason) =
        source.path_between(destination).and_then(|inner| nesting::destination_in_source(&inner, given.option))
    {
        return refused(reason);
    }
    if let Some(reason) =
        destination.path_between(source).and_then(|inner| nesting::source_in_destination(&inner, given.option))
    {
        return refused(reason);
    }
    Ok(())
}

/// What happens if a folder does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IfMissing {
    /// It is created, as outputs go there.
    Create,
    /// Opening it fails.
    Fail,
}

/// Opens locations. The configuration of AWS is loaded when the first bucket is opened.
#[derive(Default)]
struct Opener {
    config: Option<SdkConfig>,
}

impl Opener {
    async fn open(&mut self, location: Location, if_missing: IfMissing) -> Result<Arc<dyn Store>, CommandError> {
        match location {
            Location::Folder(path) if if_missing == IfMissing::Create => {
                Ok(Arc::new(FolderStore::create(&path).map_err(store_error)?))
            }
            Location::Folder(path) => Ok(Arc::new(FolderStore::open(&path).map_err(store_error)?)),
            Location::Bucket { name, prefix } => {
                let config = match &self.config {
                    Some(config) => config,
                    None => {
                        let config = aws::config().await.map_err(CommandError::usage)?;
                        self.config.insert(config)
                    }
                };
                Ok(Arc::new(S3Store::connect(config, &name, &prefix).await.map_err(store_error)?))
            }
        }
    }
}

/// Opens SOURCE.
pub(super) async fn open_source(source: &str) -> Result<Arc<dyn Store>, CommandError> {
    Opener::default().open(Location::parse(source)?, IfMissing::Fail).await
}

/// Opens SOURCE and the places for outputs, which may be of different kinds. The store of a place that is not given is `None`.
pub(super) async fn open_all<const N: usize>(
    source: &str,
    destinations: [Option<Destination<'_>>; N],
) -> Result<(Arc<dyn Store>, [Option<Arc<dyn Store>>; N]), CommandError> {
    let location = Location::parse(source)?;
    let mut parsed = Vec::with_capacity(N);
    for destination in destinations {
        parsed.push(destination.map(|destination| Location::parse(destination.given)).transpose()?);
    }
    let mut opener = Opener::default();
    let opened = opener.open(location.clone(), IfMissing::Fail).await?;
    let mut stores = [const { None }; N];
    for ((destination, parsed), store) in destinations.into_iter().zip(parsed).zip(&mut stores) {
        let Some((destination, parsed)) = destination.zip(parsed) else { continue };
        // Checked before the folder is created and again after that, when all folders of its path exist.
        check_nesting(&location, &parsed, (source, destination))?;
        *store = Some(opener.open(parsed.clone(), IfMissing::Create).await?);
        check_nesting(&location, &parsed, (source, destination))?;
    }
    Ok((opened, stores))
}

/// Opens a place of a deployment. A bucket is not checked, as the deployment has created it and the caller may lack the permission to
/// list it.
pub(super) async fn open_deployed(
    config: &SdkConfig,
    given: &str,
    if_missing: IfMissing,
) -> Result<Arc<dyn Store>, CommandError> {
    match Location::parse(given)? {
        Location::Bucket { name, prefix } => Ok(Arc::new(S3Store::new(aws::s3(config), &name, &prefix))),
        folder @ Location::Folder(_) => Opener::default().open(folder, if_missing).await,
    }
}

fn store_error(error: StoreError) -> CommandError {
    match error {
        // A file where a folder should be named, or a bucket that does not exist.
        StoreError::Invalid { .. } => CommandError::usage(error),
        _ => CommandError::io(error),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::command::Exit;

    #[test]
    fn folders_and_buckets_are_told_apart() {
        let bucket =
            |name: &str, prefix: &str| Ok(Location::Bucket { name: name.to_owned(), prefix: prefix.to_owned() });
        for (given, location) in [
            ("data", Ok(Location::Folder("data".into()))),
            ("s3", Ok(Location::Folder("s3".into()))),
            ("s3://b", bucket("b", "")),
            ("S3://b/", bucket("b", "")),
            ("s3://b/a/c", bucket("b", "a/c")),
        ] {
            assert_eq!(Location::parse(given), location, "{given}");
        }
        for given in ["s3://", "s3:///a", "gs://b", "file:///tmp"] {
            let error = Location::parse(given).unwrap_err();
            assert_eq!(error.exit, Exit::Usage);
            assert!(error.message.starts_with(given), "{}", error.message);
        }
    }

    #[test]
    fn buckets_in_each_other_are_refused_where_outputs_become_inputs() {
        for (source, destination, is_refused) in [
            ("s3://b/a", "s3://b/a/p/incoming/x", true),
            ("s3://b", "s3://b/p/incoming", true),
            ("s3://b/p/clean/x", "s3://b", true),
            ("s3://b/a", "s3://b/a", false),
            ("s3://b/a", "s3://b/ab/incoming", false),
            ("s3://b", "s3://c/p/incoming", false),
        ] {
            let locations = [source, destination].map(|given| Location::parse(given).unwrap());
            let checked = check_nesting(
                &locations[0],
                &locations[1],
                (source, Destination { option: "--clean", given: destination }),
            );
            assert_eq!(checked.is_err(), is_refused, "{source} {destination}");
        }
    }
}
