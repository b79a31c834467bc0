//! Foreign keys into the file itself: what they refer to is gathered before the file is checked.

use std::io::Read;

use crate::descriptor::Target;
use crate::pipeline::check::{Check, Options};
use crate::pipeline::ended_early::{CheckError, unless_panic};
use crate::pipeline::foreign::OwnKeys;
use crate::pipeline::foreign::gather::{Gathered, gather};
use crate::read::source::StoredFile;
use crate::resolve::foreign::KeysToGather;
use crate::resolve::foreign::key_set::KeySet;

impl Check {
    /// Returns true if the rows of a file refer to rows of the same file. Then [`Check::gather_own_keys`] has to read it before [`Check::run`] does.
    pub fn refers_to_itself(&self) -> bool {
        !self.wanted(Target::OwnFile).is_empty()
    }

    fn wanted(&self, target: Target) -> Vec<KeysToGather> {
        let schema = self.descriptor().schema.iter();
        KeysToGather::all(schema.flat_map(|schema| &schema.foreign_keys), target)
    }

    /// Reads the keys that rows of a file may refer to, to be given to [`Check::with_own_keys`] for the check of the same bytes.
    ///
    /// # Errors
    /// When the input cannot be read, or keys cannot be kept that do not fit in memory. A file that is bad is no error; its check
    /// says why.
    pub fn gather_own_keys(
        &self,
        file: StoredFile<impl Read + Send>,
        options: &Options,
    ) -> Result<OwnKeys, CheckError> {
        let gathered = unless_panic(|| gather(self, file, options, self.own_sets()))?;
        Ok(OwnKeys(match gathered {
            Gathered::Keys { sets, .. } => sets,
            Gathered::Refused => self.own_sets(),
        }))
    }

    /// Returns an empty set for each key of the file that its own rows refer to. The sets share
    /// `sluice.limits.keyBytes` equally.
    fn own_sets(&self) -> Vec<KeySet> {
        let wanted = self.wanted(Target::OwnFile);
        let most_bytes = self.descriptor().settings.limits.key_bytes / wanted.len().max(1) as u64;
        wanted.into_iter().map(|wanted| KeySet::new(wanted, most_bytes, self.key_files())).collect()
    }
}
