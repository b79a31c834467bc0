//! A check of files against a descriptor, and how it runs.

use std::num::NonZeroUsize;
use std::sync::Arc;

use crate::descriptor::{Descriptor, Integrity, Limits};
use crate::pipeline::foreign::{OwnKeys, ReferenceTables};
use crate::read::source::{ReadSettings, StoredFile};
use crate::resolve::spill::KeyFiles;

/// A descriptor made ready to check files; cheap to share between threads and files.
#[derive(Clone, Debug)]
pub struct Check {
    pub(super) descriptor: Arc<Descriptor>,
    pub(super) key_files: Option<Arc<dyn KeyFiles>>,
    pub(super) references: Arc<ReferenceTables>,
    /// The keys of one file that its own rows may refer to; set in the check of that file only.
    pub(super) own_keys: Option<Arc<OwnKeys>>,
    /// Whether the file is the one that the path of the resource names, so that `bytes` and `hash` apply to it.
    is_named: bool,
}

/// How a check runs. No option changes any output byte.
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
    /// Returns the options with chunks no larger than the file, if its size is known and it is not compressed.
    pub(super) fn cut_to<R>(self, file: &StoredFile<R>) -> Self {
        let (Some(bytes), None) = (file.bytes, file.compression) else { return self };
        // One byte more, so that the first chunk of a small file sees its end. To clear and to map 512 KiB would take longer
        // than to check 5 KB.
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX).saturating_add(1);
        Self { chunk_bytes: self.chunk_bytes.min(bytes.max(SMALLEST_CHUNK)), ..self }
    }
}

impl Check {
    /// Returns a check against `descriptor`. `suffix_delimiter` is the delimiter that the file's suffix stands for
    /// (`\t` for `.tsv`), used when the descriptor names no delimiter.
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

    /// Returns the check with a place for keys that do not fit in memory. Without it, a file whose keys do not fit is refused.
    pub fn with_key_files(self, files: Arc<dyn KeyFiles>) -> Self {
        Self { key_files: Some(files), ..self }
    }

    /// Returns the check with the loaded reference tables: all tables of the descriptor that foreign keys refer to.
    pub fn with_references(self, references: Arc<ReferenceTables>) -> Self {
        Self { references, ..self }
    }

    /// Returns the check of one file whose rows refer to rows of the same file, with the keys of
    /// [`Check::gather_own_keys`].
    pub fn with_own_keys(&self, keys: OwnKeys) -> Self {
        Self { own_keys: Some(Arc::new(keys)), ..self.clone() }
    }

    /// Returns the check of a file of this name. If the path of the resource names it, it must have the resource's
    /// `bytes` and `hash`.
    pub fn of_file(self: Arc<Self>, name: &str) -> Arc<Self> {
        match &self.descriptor.integrity {
            Some(integrity) if integrity.names(name) => Arc::new(Self { is_named: true, ..(*self).clone() }),
            _ => self,
        }
    }

    /// Returns the check of the very file that the path of the resource names.
    pub(super) fn of_own_path(self) -> Self {
        Self { is_named: true, ..self }
    }

    /// Returns the `bytes` and `hash` that the resource declares, if they apply to the file of this check.
    pub(super) fn integrity(&self) -> Option<&Integrity> {
        self.descriptor.integrity.as_ref().filter(|_| self.is_named)
    }

    pub(crate) fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    pub(crate) fn key_files(&self) -> Option<Arc<dyn KeyFiles>> {
        self.key_files.clone()
    }

    /// Returns the file. If its name tells no compression, it has the compression of the descriptor.
    pub(crate) fn compressed_as_declared<R>(&self, file: StoredFile<R>) -> StoredFile<R> {
        StoredFile { compression: file.compression.or(self.descriptor.compression), ..file }
    }

    /// Returns what the descriptor says about how the bytes of a file are read: limits, encoding, member of an archive.
    pub(crate) fn read_settings(&self) -> ReadSettings<'_> {
        let Descriptor { settings, encoding, member, .. } = &*self.descriptor;
        ReadSettings { limits: settings.limits, encoding: *encoding, member: member.as_deref() }
    }

    pub(crate) fn record_limits(&self, options: &Options) -> sluice_csv::Limits {
        let Limits { record_bytes, columns, .. } = self.descriptor.settings.limits;
        sluice_csv::Limits { record_bytes, columns, chunk_bytes: options.chunk_bytes }
    }
}
