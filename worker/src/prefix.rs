//! The checks for the files of a prefix: its descriptor, read once.

mod checks;
mod load;
mod neighbours;
mod no_checks;
mod package;

use std::sync::Arc;

use sluice_engine::EarlierFile;
use sluice_engine::descriptor::ComparisonWithEarlier;
use tokio::sync::OnceCell;

use crate::context::{Context, Notice};
use crate::earlier_files::{Compared, EarlierFiles};
use crate::store::{Store, StoreError};
pub(crate) use checks::Checks;
pub(crate) use load::{Described, Kind, ListNames, load};
pub(crate) use no_checks::NoChecks;
pub(crate) use package::PackageChecks;

/// The checks of the files of a prefix, read when the first file comes.
#[derive(Debug)]
pub(crate) struct PrefixChecks {
    prefix: String,
    read: OnceCell<Result<Arc<Described>, NoChecks>>,
    earlier: EarlierFiles,
}

impl PrefixChecks {
    pub(crate) fn new(prefix: String) -> Self {
        Self { prefix, read: OnceCell::new(), earlier: EarlierFiles::default() }
    }

    /// Returns the prefix.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Returns the checks for the file `name`, or why there are none. Each warning is reported to the observer once; in a `strict`
    /// run a warning is a reason to have no checks.
    pub(crate) async fn checks(&self, context: &Context, name: &str) -> Result<Checks, NoChecks> {
        let read = async {
            let listing = if context.source.is_billed() { ListNames::IfNeeded } else { ListNames::Always };
            let described = load(&context.source, &self.prefix, listing, &context.interrupt).await?;
            self.tell(context, described.warnings())?;
            if described.descriptor_name().is_none() {
                context.observer.notice(&self.prefix, &Notice::NoDescriptor);
            }
            Ok(Arc::new(described))
        };
        let described = self.read.get_or_init(|| read).await.as_ref().map_err(Clone::clone)?;
        match &described.kind {
            Kind::One(checks) => Ok(checks.clone()),
            Kind::Package(package) => {
                let found = package.of_file(name).await?;
                if found.is_new {
                    self.tell(context, &found.warnings)?;
                } else if context.strict && !found.warnings.is_empty() {
                    return Err(NoChecks::of_warnings(&found.warnings));
                }
                Ok(found.checks)
            }
        }
    }

    /// Returns the earlier files of the prefix with which a file is compared.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn earlier(
        &self,
        source: &Arc<dyn Store>,
        compared: Compared<'_>,
        last: ComparisonWithEarlier,
    ) -> Result<Vec<EarlierFile>, StoreError> {
        self.earlier.before(source, &self.prefix, compared, last.files).await
    }

    /// Reports the warnings to the observer; in a `strict` run, fails if there are any.
    fn tell(&self, context: &Context, warnings: &[String]) -> Result<(), NoChecks> {
        if context.strict && !warnings.is_empty() {
            return Err(NoChecks::of_warnings(warnings));
        }
        for warning in warnings {
            context.observer.notice(&self.prefix, &Notice::Warning(warning.clone()));
        }
        Ok(())
    }
}
