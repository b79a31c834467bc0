//! A check of files against a descriptor, and how it runs.

use std::num::NonZeroUsize;
use std::sync::Arc;

use crate::descriptor::{Descriptor, Integrity, Limits};
use crate::pipeline::foreign::{OwnKeys, ReferenceTables};
use crate::read::source::{Expected, StoredFile};
use crate::resolve::spill::KeyFiles;

/// A descriptor made ready to check files; cheap to share between threads and files.
#[derive(Clone, Debug)]
pub struct Check {
    pub(super) descriptor: Arc<Descriptor>,
    pub(super) key_files: Option<Arc<dyn KeyFiles>>,
    pub(super) references: Arc<ReferenceTables>,
    /// Of one file alone.
    pub(super) own_keys: Option<Arc<OwnKeys>>,
    /// The file is the one that the path of the resource names.
    is_named: bool,
}

/// How a check runs. Nothing here shows in any output byte.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Threads that check chunks.
    pub threads: NonZeroUsize,
    /// Bytes of records in a chunk; 256 KiB to 1 MiB stay in the second-level cache.
    pub chunk_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { threads: NonZeroUsize::MIN, chunk_bytes: 512 << 10 }
    }
}

/// Least size of a chunk that is cut to the size of its file.
const SMALLEST_CHUNK: usize = 4 << 10;

impl Options {
    /// The same with chunks no larger than the file.
    pub(super) fn cut_to<R>(self, file: &StoredFile<R>) -> Self {
        let (Some(bytes), None) = (file.bytes, file.compression) else { return self };
        // One byte more, so that the first chunk of a small file sees its end. To clear and to map 512 KiB would take longer
        // than to check 5 KB.
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX).saturating_add(1);
        Self { chunk_bytes: self.chunk_bytes.min(bytes.max(SMALLEST_CHUNK)), ..self }
    }
}

impl Check {
    /// A check against `descriptor`. `suffix_delimiter` is what the file's suffix stands for (`\t` for `.tsv`), used when the
    /// descriptor names no delimiter.
    pub fn new(descriptor: &Descriptor, suffix_delimiter: Option<u8>) -> Self {
        let mut descriptor = descriptor.clone();
        if let Some(delimiter) = suffix_delimiter.filter(|_| !descriptor.delimiter_given) {
            descriptor.dialect.delimiter = delimiter.into();
        }
        Self {
            descriptor: Arc::new(descriptor),
            key_files: None,
            references: Arc::default(),
            own_keys: None,
            is_named: false,
        }
    }

    /// The same with a place for keys that do not fit in memory. Without it a file that has more of them is refused.
    pub fn with_key_files(self, files: Arc<dyn KeyFiles>) -> Self {
        Self { key_files: Some(files), ..self }
    }

    /// The same with the reference tables of the descriptor, all that foreign keys refer to.
    pub fn with_references(self, references: Arc<ReferenceTables>) -> Self {
        Self { references, ..self }
    }

    /// The check of one file whose rows refer to rows of the same file: see [`Check::gather_own_keys`].
    pub fn with_own_keys(&self, keys: OwnKeys) -> Self {
        Self { own_keys: Some(Arc::new(keys)), ..self.clone() }
    }

    /// The check of a file of this name: one that the path of the resource names has to have its `bytes` and `hash`.
    pub fn of_file(self: Arc<Self>, name: &str) -> Arc<Self> {
        match &self.descriptor.integrity {
            Some(integrity) if integrity.names(name) => Arc::new(Self { is_named: true, ..(*self).clone() }),
            _ => self,
        }
    }

    /// What the resource says of the bytes of the file.
    pub(super) fn integrity(&self) -> Option<&Integrity> {
        self.descriptor.integrity.as_ref().filter(|_| self.is_named)
    }

    pub(crate) fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    pub(crate) fn key_files(&self) -> Option<Arc<dyn KeyFiles>> {
        self.key_files.clone()
    }

    /// The same file; a file whose name tells no compression has the one of the descriptor.
    pub(crate) fn compressed_as_declared<R>(&self, file: StoredFile<R>) -> StoredFile<R> {
        StoredFile { compression: file.compression.or(self.descriptor.compression), ..file }
    }

    /// What the descriptor says of how the bytes of a file are read.
    pub(crate) fn expected(&self) -> Expected<'_> {
        let Descriptor { settings, encoding, member, .. } = &*self.descriptor;
        Expected { limits: settings.limits, encoding: *encoding, member: member.as_deref() }
    }

    pub(crate) fn record_limits(&self, options: &Options) -> sluice_csv::Limits {
        let Limits { record_bytes, columns, .. } = self.descriptor.settings.limits;
        sluice_csv::Limits { record_bytes, columns, chunk_bytes: options.chunk_bytes }
    }
}
