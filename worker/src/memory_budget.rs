//! Memory that a file takes in addition to what every file takes: for its keys, for the JSON of its cells, for the row groups of its
//! Parquet file, and for the reference tables that its rows refer to.
//!
//! The descriptor and the size of a file tell how much memory the file takes at most; tables are loaded already, and all files of a
//! descriptor share them ([`SharedMemory`]). Files wait until that much memory is free ([`MemoryBudget`]), so that a container with many such
//! files is not killed.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use sluice_engine::descriptor::{Descriptor, Schema, Target};
use sluice_engine::parse::{JSON_VALUE_BYTES, JSON_VALUES};
use sluice_engine::{
    FEEDBACK_BYTES, KEY_BYTES, PARQUET_CHUNK_BYTES, PARQUET_CHUNKS, PARQUET_GROUP_BYTES, PARQUET_GROUP_ROWS,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A MiB.
const MIB: u64 = 1 << 20;

/// Memory of a process without keys and Parquet, and of each thread, in MiB: see `docs/limits.md`.
const OF_PROCESS: u64 = 200;
const OF_THREAD: u64 = 32;

/// Memory of the row groups of a Parquet file for each thread, in bytes: one row group that is being filled, and what its encoding
/// takes.
const OF_GROUPS: u64 = 64 * MIB;

/// Memory of the feedback for a file, in bytes: its rejected rows, its rows with warnings, and a workbook of both.
const OF_FEEDBACK: u64 = 3 * FEEDBACK_BYTES as u64;

/// How many times larger rows are in memory than in their file, if the file is so small that this is the bound.
const IN_MEMORY: u64 = 8;

/// The memory that files may take, in MiB. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct MemoryBudget {
    free: Arc<Semaphore>,
    all: u32,
}

/// Memory that a file holds, returned when dropped.
#[derive(Debug)]
pub(crate) struct MemoryPermit {
    permits: Option<OwnedSemaphorePermit>,
    /// The memory that the file shares with other files.
    _shared: Option<Arc<MemoryPermit>>,
}

/// Memory that several files share: the first of them takes it, and the last returns it.
#[derive(Debug, Default)]
pub(crate) struct SharedMemory {
    mib: u64,
    taken: Mutex<Weak<MemoryPermit>>,
}

impl SharedMemory {
    /// Memory of this many bytes.
    pub(crate) fn of_bytes(bytes: u64) -> Self {
        Self { mib: bytes.div_ceil(MIB), taken: Mutex::default() }
    }

    /// Returns the memory if a file holds it.
    fn held(&self) -> Option<Arc<MemoryPermit>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).upgrade()
    }

    /// Makes `taken` the memory that files share. If another file has been faster, returns the memory of that file, and `taken` is
    /// dropped.
    fn hold(&self, taken: MemoryPermit) -> Arc<MemoryPermit> {
        let mut held = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        held.upgrade().unwrap_or_else(|| {
            let taken = Arc::new(taken);
            *held = Arc::downgrade(&taken);
            taken
        })
    }
}

impl MemoryBudget {
    /// The part of `limit` bytes that the process and its threads leave for files; at least one MiB.
    pub(crate) fn within(limit: u64, threads: NonZeroUsize) -> Self {
        let others = OF_PROCESS + OF_THREAD * threads.get() as u64;
        // cannot overflow: any limit above a PiB is cut to that.
        let all = u32::try_from((limit / MIB).saturating_sub(others).max(1)).unwrap_or(u32::MAX >> 2);
        Self { free: Arc::new(Semaphore::new(all as usize)), all }
    }

    /// Waits until this many MiB are free, and takes them. First come, first served. A file that needs more than there is gets all
    /// memory, and is checked alone.
    pub(crate) async fn take(&self, wanted: u64) -> MemoryPermit {
        let wanted = u32::try_from(wanted).unwrap_or(u32::MAX).min(self.all);
        if wanted == 0 {
            return MemoryPermit { permits: None, _shared: None };
        }
        // Only a closed semaphore refuses, and this one is never closed.
        MemoryPermit { permits: Arc::clone(&self.free).acquire_many_owned(wanted).await.ok(), _shared: None }
    }

    /// Waits for `own` MiB, and for the memory of `shared` unless another file holds it.
    ///
    /// A file must hold nothing while it waits, or two files could wait for each other. So both are taken at once; and if a file
    /// relied on the share of another file, and finds that file ended, it returns its own memory and takes both.
    pub(crate) async fn take_with(&self, own: u64, shared: &SharedMemory) -> MemoryPermit {
        if shared.mib == 0 {
            return self.take(own).await;
        }
        if shared.held().is_some() {
            let taken = self.take(own).await;
            if let Some(held) = shared.held() {
                return MemoryPermit { _shared: Some(held), ..taken };
            }
        }
        let mut taken = self.take(own.saturating_add(shared.mib)).await;
        let part = taken.permits.as_mut().and_then(|all| {
            let part = usize::try_from(shared.mib).unwrap_or(usize::MAX).min(all.num_permits());
            all.split(part)
        });
        let held = shared.hold(MemoryPermit { permits: part, _shared: None });
        MemoryPermit { _shared: Some(held), ..taken }
    }

    /// Returns the number of MiB that are free.
    #[cfg(test)]
    pub(crate) fn free(&self) -> usize {
        self.free.available_permits()
    }
}

/// A file that is to be checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileSize {
    /// Size as stored, in bytes.
    pub(crate) bytes: u64,
    /// Whether the file is compressed, so that the size of its content is not known before it is read.
    pub(crate) compressed: bool,
    /// Number of threads that check the file.
    pub(crate) threads: NonZeroUsize,
}

/// Returns the most memory that keys, JSON, Parquet and feedback of a file take, in MiB; 0 if the descriptor asks for none of them.
pub(crate) fn of_file(descriptor: &Descriptor, file: FileSize) -> u64 {
    let settings = &descriptor.settings;
    let (keys, referred, fields) = descriptor.schema.as_ref().map_or((0, 0, 0), |schema| {
        let referred = schema.foreign_keys.iter().filter(|key| key.target == Target::OwnFile).count();
        (schema.keys.len() as u64, referred as u64, schema.fields.len() as u64)
    });
    let is_compressed = file.compressed || descriptor.compression.is_some();
    let decoded = if is_compressed { settings.limits.expanded_bytes } else { file.bytes };
    // Each cell of a complete row takes at least one byte: a delimiter or a line end.
    let rows = decoded / fields.max(2) + 1;
    // Keys that rows of the file refer to are kept in addition to its own keys, with the same limit.
    let of_keys = |count| rows.saturating_mul(KEY_BYTES * count).min(settings.limits.key_bytes);
    // Each thread has the values of one cell at a time, and each value takes at least two bytes of the file: a digit and a comma.
    let of_json = if descriptor.schema.as_ref().is_some_and(Schema::reads_json_trees) {
        let of_cell = (JSON_VALUES as u64).min(u64::from(settings.limits.record_bytes) / 2);
        (of_cell * file.threads.get() as u64).min(decoded / 2) * JSON_VALUE_BYTES as u64
    } else {
        0
    };
    let of_parquet = if settings.formats.parquet {
        let in_memory = decoded.saturating_mul(IN_MEMORY);
        let groups = rows / PARQUET_GROUP_ROWS as u64 + in_memory / PARQUET_GROUP_BYTES as u64 + 1;
        let chunks = groups.saturating_mul(fields.max(1)).min(PARQUET_CHUNKS as u64);
        in_memory.min(OF_GROUPS * file.threads.get() as u64) + PARQUET_CHUNK_BYTES as u64 * chunks
    } else {
        0
    };
    // The rows of the feedback, and the workbook that is made of them.
    let of_feedback = match settings.feedback {
        Some(_) => decoded.saturating_mul(IN_MEMORY).min(OF_FEEDBACK),
        None => 0,
    };
    let all = [of_keys(keys), of_keys(referred), of_json, of_parquet, of_feedback];
    all.into_iter().fold(0, u64::saturating_add).div_ceil(MIB)
}

/// Returns the memory that this process may take, in bytes: the memory of the machine, or less if a control group limits it. An
/// unknown limit counts as no limit.
pub(crate) fn limit() -> u64 {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| total(&text));
    let group =
        fs::read_to_string("/proc/self/cgroup").ok().and_then(|text| of_groups(&text, Path::new("/sys/fs/cgroup")));
    machine.unwrap_or(u64::MAX).min(group.unwrap_or(u64::MAX))
}

/// Parses `MemTotal` in `/proc/meminfo` (proc_meminfo(5)), in bytes.
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Returns the smallest memory limit of the control groups that a process is in, found through its `/proc/self/cgroup`
/// (cgroups(7)): of version 2, or of version 1's hierarchy for memory.
fn of_groups(cgroup: &str, mounted: &Path) -> Option<u64> {
    let limits = cgroup.lines().filter_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        let (root, name) = match controllers {
            "" => (mounted.to_owned(), "memory.max"),
            _ if controllers.split(',').any(|one| one == "memory") => (mounted.join("memory"), "memory.limit_in_bytes"),
            _ => return None,
        };
        // In a container its own control group is the root, and the path may be a path of the host, which does not exist here.
        let own = Path::new(path.trim_start_matches('/'));
        let limit = |below: &Path| fs::read_to_string(root.join(below).join(name)).ok()?.trim().parse::<u64>().ok();
        own.ancestors().filter_map(limit).min()
    });
    limits.min()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use sluice_engine::descriptor::{NeighbourError, Neighbours, read};

    use super::*;

    struct Nothing;

    impl Neighbours for Nothing {
        fn read(&self, _name: &str) -> Result<Vec<u8>, NeighbourError> {
            Err(NeighbourError::NotFound)
        }
    }

    fn of(descriptor: &str, bytes: u64, compressed: bool) -> u64 {
        let descriptor = read("resource.json", descriptor.as_bytes(), &Nothing).unwrap();
        of_file(&descriptor, FileSize { bytes, compressed, threads: NonZeroUsize::new(2).unwrap() })
    }

    const FIELDS: &str = r#""fields": [{"name": "a"}, {"name": "b"}, {"name": "c"}, {"name": "d"}]"#;

    #[test]
    fn keys_take_what_the_limit_says_or_as_many_as_there_can_be() {
        let none = format!(r#"{{"schema": {{{FIELDS}}}}}"#);
        assert_eq!([of(&none, 1 << 40, false), of(&none, 1 << 40, true)], [0, 0]);
        let one = format!(r#"{{"schema": {{{FIELDS}, "primaryKey": "a"}}}}"#);
        // A row has at least 4 bytes, and its key takes 56.
        assert_eq!([of(&one, 0, false), of(&one, 8 << 20, false), of(&one, 1 << 40, false)], [1, 113, 256]);
        assert_eq!(of(&one, 1000, true), 256);
        let less = format!(
            r#"{{"schema": {{{FIELDS}, "primaryKey": "a"}}, "sluice": {{"limits": {{"keyBytes": 20971520}}}}}}"#
        );
        assert_eq!(of(&less, 1 << 40, false), 20);
        let own = r#""foreignKeys": [{"fields": "b", "reference": {"fields": "a"}}]"#;
        assert_eq!(of(&format!(r#"{{"schema": {{{FIELDS}, "primaryKey": "a", {own}}}}}"#), 1 << 40, false), 512);
    }

    #[test]
    fn values_of_json_take_memory_where_something_compares_them() {
        let table = |field: &str| format!(r#"{{"schema": {{"fields": [{{"name": "a", {field}}}]}}}}"#);
        let none = table(r#""type": "array""#);
        assert_eq!(of(&none, 1 << 40, false), 0);
        let objects = table(r#""type": "object", "constraints": {"jsonSchema": {}}"#);
        // A value for two bytes of the file, and at most a million for each thread.
        assert_eq!([of(&objects, 1 << 20, false), of(&objects, 1 << 40, false)], [64, 245]);
        for compared in [
            table(r#""type": "geojson""#),
            table(r#""type": "geopoint", "format": "array""#),
            table(r#""type": "array", "constraints": {"maxLength": 3}"#),
            table(r#""type": "array", "constraints": {"unique": true}"#),
        ] {
            assert!(of(&compared, 1 << 20, false) >= 64, "{compared}");
        }
    }

    #[test]
    fn parquet_takes_row_groups_and_a_little_for_each_that_is_written() {
        let parquet = format!(r#"{{"schema": {{{FIELDS}}}, "sluice": {{"output": {{"formats": ["parquet"]}}}}}}"#);
        assert_eq!([of(&parquet, 0, false), of(&parquet, 1 << 20, false)], [1, 9]);
        let large = of(&parquet, 10 << 30, false);
        // Groups of 100,000 rows of four bytes, in case all rows are as short as possible.
        assert_eq!(large, 213);
        // The bound does not grow with the file.
        assert_eq!(of(&parquet, 1 << 50, false), 128 + 188);
    }

    #[tokio::test]
    async fn files_wait_for_memory_and_a_large_one_is_alone() {
        let memory = MemoryBudget::within(600 << 20, NonZeroUsize::new(2).unwrap());
        assert_eq!(memory.free(), 600 - 200 - 64);
        let one = memory.take(256).await;
        let waiting = tokio::time::timeout(std::time::Duration::from_millis(20), memory.take(256));
        assert!(waiting.await.is_err(), "there is no room for two");
        let none = memory.take(0).await;
        drop(one);
        let all = memory.take(1 << 40).await;
        assert_eq!(memory.free(), 0);
        drop((none, all));
        assert_eq!(memory.free(), 336);
        // A process with less memory than it needs anyway still checks one file after the other.
        assert_eq!(MemoryBudget::within(100 << 20, NonZeroUsize::MIN).free(), 1);
    }

    #[tokio::test]
    async fn files_of_one_descriptor_count_its_tables_once() {
        let memory = MemoryBudget::within((232 + 100) << 20, NonZeroUsize::MIN);
        let tables = SharedMemory::of_bytes((40 << 20) - 1);
        let first = memory.take_with(10, &tables).await;
        assert_eq!(memory.free(), 50);
        let second = memory.take_with(10, &tables).await;
        assert_eq!(memory.free(), 40);
        drop(first);
        assert_eq!(memory.free(), 50, "the second file holds the tables");
        drop(second);
        assert_eq!(memory.free(), 100);
        drop(memory.take_with(0, &tables).await);
        assert_eq!(memory.free(), 100);
        let without = memory.take_with(10, &SharedMemory::default()).await;
        assert_eq!(memory.free(), 90);
        drop(without);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn files_that_want_more_than_there_is_never_wait_for_each_other() {
        let memory = MemoryBudget::within((232 + 50) << 20, NonZeroUsize::MIN);
        let tables: Vec<Arc<SharedMemory>> =
            [20, 45, 200].map(|mib| Arc::new(SharedMemory::of_bytes(mib << 20))).into();
        let mut files = tokio::task::JoinSet::new();
        for number in 0..300_usize {
            let (memory, tables) = (memory.clone(), Arc::clone(&tables[number % 3]));
            files.spawn(async move {
                let taken = memory.take_with((number * 7 % 60) as u64, &tables).await;
                tokio::task::yield_now().await;
                drop(taken);
            });
        }
        let all = tokio::time::timeout(std::time::Duration::from_secs(60), files.join_all());
        assert!(all.await.is_ok(), "files wait for each other");
        assert_eq!(memory.free(), 50);
    }

    #[test]
    fn the_limit_is_that_of_the_innermost_and_of_all_around_it() {
        assert_eq!(total("MemTotal:        2048 kB\nMemFree: 1 kB\n"), Some(2 << 20));
        let mounted = std::env::temp_dir().join(format!("sluice-cgroup-{}", std::process::id()));
        fs::create_dir_all(mounted.join("task/container")).unwrap();
        fs::write(mounted.join("task/memory.max"), "1000\n").unwrap();
        fs::write(mounted.join("task/container/memory.max"), "max\n").unwrap();
        assert_eq!(of_groups("0::/task/container\n", &mounted), Some(1000));
        assert_eq!(of_groups("0::/elsewhere\n", &mounted), None);
        fs::create_dir_all(mounted.join("memory/docker")).unwrap();
        fs::write(mounted.join("memory/memory.limit_in_bytes"), "500").unwrap();
        assert_eq!(of_groups("3:cpu,memory:/docker\n2:pids:/docker\n0::/task\n", &mounted), Some(500));
        fs::remove_dir_all(&mounted).unwrap();
        assert!(limit() > 1 << 20);
    }
}
