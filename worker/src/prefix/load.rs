//! Reads the descriptor of a prefix.

use std::sync::Arc;

use sluice_engine::descriptor::{DESCRIPTOR_BYTES, DescriptorSource, Expected, PACKAGE_BYTES};
use tokio::runtime::Handle;

use super::neighbours::StoreNeighbours;
use super::package::BesideDescriptor;
use super::{Checks, NoChecks, PackageChecks};
use crate::descriptor_names::{FoundNames, NAMES};
use crate::interrupt::Interrupt;
use crate::printable::printable;
use crate::references::OfPrefix;
use crate::store::{Entry, Scope, Store, StoreError, blocking};

/// Maximum number of pages that are listed to find a descriptor: if a prefix has thousands of objects beside `incoming`, only the
/// first pages are listed.
const PAGES: usize = 10;

/// The descriptor of a prefix as it was read.
#[derive(Debug)]
pub(crate) struct Described {
    /// The name of the descriptor beside `incoming`; `None` if there is no descriptor.
    name: Option<&'static str>,
    /// Warnings, one line each.
    warnings: Vec<String>,
    pub(crate) kind: Kind,
}

/// The kind of a descriptor.
#[derive(Debug)]
pub(crate) enum Kind {
    /// A Data Resource, or no descriptor: the same checks for all files.
    One(Checks),
    /// A Data Package: each file is checked against the resource that names it.
    Package(PackageChecks),
}

impl Described {
    /// Returns the warnings, one line each.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Returns the name of the descriptor beside `incoming`; `None` if there is no descriptor.
    pub(crate) fn descriptor_name(&self) -> Option<&'static str> {
        self.name
    }
}

/// When the names beside a descriptor are listed: a listing costs a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListNames {
    /// Also if there is a `resource.json`, to warn of others.
    Always,
    /// Only if there is no `resource.json`.
    IfNeeded,
}

/// Reads the descriptor of a prefix, and the files that it refers to, which are below the prefix. Other names beside the descriptor
/// are listed if there is no `resource.json`, or if `listing` says so.
pub(crate) async fn load(
    source: &Arc<dyn Store>,
    prefix: &str,
    listing: ListNames,
    interrupt: &Interrupt,
) -> Result<Described, NoChecks> {
    let first = NAMES[0];
    let mut bytes = get(source, &format!("{prefix}/{first}"), first).await?;
    let mut names = FoundNames::default();
    if bytes.is_none() || listing == ListNames::Always {
        names = list(source, prefix).await?;
    }
    let mut name = first;
    if bytes.is_none()
        && let Some(found) = names.descriptor()
    {
        name = found;
        bytes = get(source, &format!("{prefix}/{name}"), name).await?;
    }
    let mut warnings = names.warnings(|name| printable(&source.locate(&format!("{prefix}/{name}"))));
    let Some(bytes) = bytes else {
        let kind = Kind::One(Checks::structural());
        return Ok(Described { name: None, warnings, kind });
    };
    let key = format!("{prefix}/{name}");
    let location = printable(&source.locate(&key));
    let runtime = Handle::current();
    let neighbours = StoreNeighbours::new(Arc::clone(source), prefix, runtime.clone());
    let tables =
        OfPrefix { source: Arc::clone(source), prefix: prefix.to_owned(), runtime, interrupt: interrupt.clone() };
    let read = blocking(move || match DescriptorSource::read(&location, &bytes, &neighbours, Expected::Resource) {
        Ok(DescriptorSource::One(descriptor)) => {
            let warnings: Vec<String> = descriptor.warnings.iter().map(ToString::to_string).collect();
            let checks = Checks::load(key, None, *descriptor, &tables).map_err(NoChecks::from)?;
            Ok((warnings, Kind::One(checks)))
        }
        Ok(DescriptorSource::Package(package)) => {
            let warnings = package.warnings().iter().map(ToString::to_string).collect();
            Ok((
                warnings,
                Kind::Package(PackageChecks::new(*package, key, location, BesideDescriptor { neighbours, tables })),
            ))
        }
        Err(mistakes) => Err(neighbours.blame(&mistakes, &location)),
    });
    let (more, kind) = read.await.map_err(|no_checks: NoChecks| match interrupt.raised() {
        true => no_checks.interrupted(),
        false => no_checks,
    })?;
    warnings.extend(more);
    Ok(Described { name: Some(name), warnings, kind })
}

/// Reads the bytes of a descriptor; `None` if it does not exist.
async fn get(source: &Arc<dyn Store>, key: &str, name: &str) -> Result<Option<Vec<u8>>, NoChecks> {
    let most = if name.starts_with("datapackage") { PACKAGE_BYTES } else { DESCRIPTOR_BYTES };
    match source.get(key, most).await {
        Ok((_, bytes)) => Ok(Some(bytes)),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Lists the names beside `incoming`, up to the last name that could be a descriptor.
async fn list(source: &Arc<dyn Store>, prefix: &str) -> Result<FoundNames, NoChecks> {
    let folder = format!("{prefix}/");
    let scope = Scope {
        prefix: folder.clone(),
        // This key sorts after every name of a descriptor in any letter case.
        until: Some(format!("{prefix}/resource.z")),
        delimiter: Some("/"),
        ..Scope::default()
    };
    let mut listing = source.list(scope);
    let mut names = FoundNames::default();
    for _ in 0..PAGES {
        for entry in listing.page().await? {
            let key = match &entry {
                Entry::Object(object) => &object.key,
                // What has the name of a descriptor and cannot be read fails when it is read: it stands for checks that are wanted.
                Entry::Ignored(_, key) => key,
                Entry::Prefix(_) => continue,
            };
            if let Some(name) = key.strip_prefix(&folder) {
                names.add(name);
            }
        }
        if listing.ended() {
            break;
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::store::hooked::{Before, HookedStore, Operation};
    use crate::store::{Condition, MemoryStore, StoreFuture};
    use crate::task::{FailureCode, FileFailure, MESSAGE_CHARS};

    /// Refuses to open the schema, for a while.
    #[derive(Clone, Debug, Default)]
    struct Busy {
        is_over: Arc<AtomicBool>,
    }

    impl Before for Busy {
        fn before<'a>(&'a self, operation: Operation<'a>) -> StoreFuture<'a, ()> {
            let refuses = operation == Operation::Open("p/schema.json") && !self.is_over.load(Ordering::Relaxed);
            let busy = || StoreError::Busy { at: "p/schema.json".to_owned(), reason: "SlowDown".to_owned() };
            Box::pin(async move { if refuses { Err(busy()) } else { Ok(()) } })
        }
    }

    #[tokio::test]
    async fn a_failure_of_the_store_is_not_a_mistake_of_the_descriptor() {
        let package = r#"{"resources":[{"name":"x","path":"x.csv","schema":"schema.json"}]}"#;
        for (descriptor, text) in [("resource.json", r#"{"schema":"schema.json"}"#), ("datapackage.json", package)] {
            let memory = MemoryStore::default();
            memory.put(&format!("p/{descriptor}"), text.into(), Condition::Always).await.unwrap();
            memory.put("p/schema.json", br#"{"fields":[{"name":"a"}]}"#.to_vec(), Condition::Always).await.unwrap();
            let busy = Busy::default();
            let store: Arc<dyn Store> = Arc::new(HookedStore::new(memory, busy.clone()));
            let checks = async || match load(&store, "p", ListNames::IfNeeded, &Interrupt::default()).await?.kind {
                Kind::One(_) => Ok(()),
                Kind::Package(package) => package.resource(0).await.map(drop),
            };
            let failure = checks().await.unwrap_err().failure("p/incoming/x.csv");
            assert_eq!(failure.code, FailureCode::Unreachable, "{}", failure.message);
            assert!(failure.message.contains("too many requests (SlowDown)"), "{}", failure.message);
            busy.is_over.store(true, Ordering::Relaxed);
            checks().await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_thousand_mistakes_are_counted_in_a_bounded_message() {
        let fields = vec![r#"{"name":"a","type":"nothing"}"#; 3000].join(",");
        let text = format!(r#"{{"schema":{{"fields":[{fields}]}}}}"#);
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        store.put("p/resource.json", text.into_bytes(), Condition::Always).await.unwrap();
        let no_checks = load(&store, "p", ListNames::IfNeeded, &Interrupt::default()).await.unwrap_err();
        let FileFailure { message, .. } = no_checks.failure("p/incoming/x.csv");
        let told = message.lines().count() - 1;
        assert!(message.len() < MESSAGE_CHARS && told > 3, "{message}");
        assert!(message.ends_with("lists them"), "{message}");
        let more: usize = message.lines().last().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        assert!(told + more >= 3000, "{told} + {more}");
    }
}
