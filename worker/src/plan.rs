//! What is new: lists the prefixes, subtracts the ledger, packs the rest into tasks.
//!
//! Memory does not depend on the number of files: the listings come in pages, and the tasks go out as they fill.

use serde::{Deserialize, Serialize};

use crate::clock::{Clock, rfc3339};
use crate::key::{INCOMING, Ignored, IgnoredKeys, OWN, check_name, check_prefix, name_of};
use crate::ledger::{InLedgerOrder, Records, Standing};
use crate::store::{Condition, Entry, Object, Scope, Staged, Store, StoreError, blocking};
use crate::task::{FileLine, RunId, Task};

/// Lines gathered for one write.
const BUFFER: usize = 1 << 20;

/// What to plan.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Only these prefixes; none = all.
    pub prefixes: Vec<String>,
    /// Also what the ledger has.
    pub force: bool,
    /// How much goes into a task.
    pub limits: TaskLimits,
    /// The run that it is for; none = a new one that starts now. The same run again is planned again, in the same place.
    pub run: Option<Named>,
    /// Runs whose planned files are left out.
    pub under_way: Vec<RunId>,
    /// When to give up.
    pub deadline: Option<std::time::Instant>,
}

/// A run that has its name from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its name.
    pub run_id: RunId,
    /// When it started, RFC 3339.
    pub started_at: String,
}

/// How much goes into a task; a single file may be larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskLimits {
    /// Most bytes, as stored.
    pub bytes: u64,
    /// Most files.
    pub files: u64,
}

impl Default for TaskLimits {
    fn default() -> Self {
        Self { bytes: 2 << 30, files: 10_000 }
    }
}

/// A plan: small, whatever it holds; files and tasks are in the store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The run it is for.
    pub run_id: RunId,
    /// Number of tasks; with none nothing was written.
    pub tasks: u64,
    /// Files to check.
    pub files: u64,
    /// Their size.
    pub bytes: u64,
    /// Files that the ledger has.
    pub done: u64,
    /// Prefixes with files to check.
    pub prefixes: u64,
    /// Keys that are not taken.
    pub ignored: IgnoredKeys,
    /// RFC 3339, UTC.
    pub started_at: String,
}

/// The plan of one prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrefixPlan {
    /// The prefix.
    pub prefix: String,
    /// Files to check.
    pub files: u64,
    /// Their size.
    pub bytes: u64,
    /// Tasks they make.
    pub tasks: u64,
    /// Files that the ledger has.
    pub done: u64,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A prefix that was asked for has no files.
    #[error("prefix {prefix:?}: there is no file under {at}; `sluice plan` lists the prefixes there are")]
    UnknownPrefix {
        /// As asked for.
        prefix: String,
        /// Where its files would be.
        at: String,
    },
    /// A prefix that was asked for cannot be one.
    #[error("prefix {prefix:?}: {reason}; name what stands before /incoming/")]
    BadPrefix {
        /// As asked for.
        prefix: String,
        /// Why not.
        reason: Ignored,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether files and tasks are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Write them, if there are any.
    Write,
    /// Only say what would be done.
    DryRun,
}

/// Makes a plan; `each` is told of every prefix.
///
/// # Errors
/// When a prefix that was asked for is unknown, or the store fails.
pub async fn plan(
    source: &std::sync::Arc<dyn Store>,
    request: &Request,
    mode: Mode,
    clock: Clock,
    each: &mut (dyn FnMut(&PrefixPlan) + Send),
) -> Result<Plan, PlanError> {
    let Named { run_id, started_at } = request.run.clone().unwrap_or_else(|| {
        let start = clock.now();
        Named { run_id: RunId::new(start), started_at: rfc3339(start) }
    });
    let plan = Plan {
        tasks: 0,
        files: 0,
        bytes: 0,
        done: 0,
        prefixes: 0,
        ignored: IgnoredKeys::default(),
        started_at,
        run_id,
    };
    let (files, tasks) = (Lines::new(plan.run_id.files_key(), mode), Lines::new(plan.run_id.tasks_key(), mode));
    let source: &dyn Store = &**source;
    let mut planner = Planner { source, request, plan, files, tasks, each };
    if request.prefixes.is_empty() {
        planner.all_prefixes().await?;
    } else {
        planner.named_prefixes().await?;
    }
    // The files first: whoever sees the tasks finds the files.
    planner.files.commit().await?;
    planner.tasks.commit().await?;
    Ok(planner.plan)
}

struct Planner<'a> {
    source: &'a dyn Store,
    request: &'a Request,
    plan: Plan,
    files: Lines,
    tasks: Lines,
    each: &'a mut (dyn FnMut(&PrefixPlan) + Send),
}

impl Planner<'_> {
    async fn named_prefixes(&mut self) -> Result<(), PlanError> {
        let mut prefixes: Vec<&str> =
            self.request.prefixes.iter().map(|prefix| prefix.strip_suffix('/').unwrap_or(prefix)).collect();
        prefixes.sort_unstable();
        prefixes.dedup();
        // All are looked at before the first is planned: a misspelt one must not leave half a run.
        for prefix in &prefixes {
            let bad = |reason| PlanError::BadPrefix { prefix: (*prefix).to_owned(), reason };
            check_prefix(prefix).map_err(bad)?;
            let inside = format!("{prefix}{INCOMING}");
            if prefix.split('/').any(|segment| segment == "incoming") {
                return Err(bad(Ignored::NoPrefix));
            }
            let scope = Scope { prefix: inside.clone(), ..Scope::default() };
            if self.source.list(scope).page().await?.is_empty() {
                let at = self.source.locate(&inside);
                return Err(PlanError::UnknownPrefix { prefix: (*prefix).to_owned(), at });
            }
        }
        for prefix in prefixes {
            self.prefix(prefix).await?;
        }
        Ok(())
    }

    async fn all_prefixes(&mut self) -> Result<(), PlanError> {
        let mut scope = Scope { delimiter: Some(INCOMING), ..Scope::default() };
        let mut own_skipped = false;
        loop {
            let mut listing = self.source.list(scope.clone());
            'pages: loop {
                let page = listing.page().await?;
                if page.is_empty() {
                    return Ok(());
                }
                for entry in page {
                    match entry {
                        Entry::Object(Object { key, .. }) | Entry::Prefix(key)
                            if key.starts_with(OWN) && !own_skipped =>
                        {
                            // Records and runs may be many more than files: go on behind them.
                            own_skipped = true;
                            scope.after = Some(format!("{OWN}\u{10ffff}"));
                            break 'pages;
                        }
                        Entry::Prefix(key) => {
                            let prefix = key.strip_suffix(INCOMING).unwrap_or(&key);
                            match check_prefix(prefix) {
                                Ok(()) => self.prefix(prefix).await?,
                                Err(reason) => self.ignore_all(&key, reason).await?,
                            }
                        }
                        Entry::Object(object) => {
                            if object.key.starts_with(&INCOMING[1..]) {
                                self.plan.ignored.add(Ignored::NoPrefix, &object.key);
                            }
                        }
                        Entry::Ignored(reason, key) => self.plan.ignored.add(reason, &key),
                    }
                }
            }
        }
    }

    async fn ignore_all(&mut self, keys: &str, reason: Ignored) -> Result<(), StoreError> {
        let mut listing = self.source.list(Scope { prefix: keys.to_owned(), ..Scope::default() });
        loop {
            let page = listing.page().await?;
            if page.is_empty() {
                return Ok(());
            }
            for entry in page {
                match entry {
                    Entry::Object(Object { key, .. }) | Entry::Prefix(key) | Entry::Ignored(_, key) => {
                        self.plan.ignored.add(reason, &key);
                    }
                }
            }
        }
    }

    async fn prefix(&mut self, prefix: &str) -> Result<(), StoreError> {
        let inside = format!("{prefix}{INCOMING}");
        let mut listing = self.source.list(Scope { prefix: inside.clone(), ..Scope::default() });
        let mut ledger = Records::of(self.source, &inside);
        let mut order = InLedgerOrder::default();
        let mut packing = Packing::new(prefix, self.plan.tasks, self.files.length);
        loop {
            let page = listing.page().await?;
            if page.is_empty() {
                break;
            }
            for entry in page {
                let object = match entry {
                    Entry::Object(object) => object,
                    Entry::Ignored(reason, key) => {
                        self.plan.ignored.add(reason, &key);
                        continue;
                    }
                    Entry::Prefix(_) => continue,
                };
                let name = name_of(prefix, &object.key).unwrap_or("");
                if let Err(reason) = check_name(prefix, name, &object.etag) {
                    self.plan.ignored.add(reason, &object.key);
                    continue;
                }
                for (record, file) in order.reached(&object.key) {
                    self.file(&mut packing, &mut ledger, record, file).await?;
                }
                order.wait(object);
            }
        }
        for (record, file) in order.rest() {
            self.file(&mut packing, &mut ledger, record, file).await?;
        }
        self.close(&mut packing).await?;
        let planned = packing.planned;
        self.plan.files += planned.files;
        self.plan.bytes += planned.bytes;
        self.plan.done += planned.done;
        self.plan.prefixes += u64::from(planned.files > 0);
        (self.each)(&planned);
        Ok(())
    }

    async fn file(
        &mut self,
        packing: &mut Packing,
        ledger: &mut Records<'_>,
        record: String,
        file: Object,
    ) -> Result<(), StoreError> {
        let force = self.request.force
            || match ledger.standing(&record).await? {
                Standing::Done => {
                    packing.planned.done += 1;
                    return Ok(());
                }
                Standing::New => false,
                Standing::Superseded => true,
            };
        let limits = self.request.limits;
        let task = &packing.task;
        if task.files > 0 && (task.bytes.saturating_add(file.bytes) > limits.bytes || task.files >= limits.files) {
            self.close(packing).await?;
        }
        packing.task.files += 1;
        packing.task.bytes += file.bytes;
        let line = FileLine {
            key: file.key,
            etag: file.etag,
            bytes: file.bytes,
            last_modified: rfc3339(file.last_modified),
            force,
        };
        self.files.push(self.source, &line).await
    }

    async fn close(&mut self, packing: &mut Packing) -> Result<(), StoreError> {
        let task = &mut packing.task;
        if task.files > 0 {
            task.length = self.files.length - task.offset;
            self.tasks.push(self.source, &task).await?;
            self.plan.tasks += 1;
            packing.planned.tasks += 1;
            packing.planned.files += task.files;
            packing.planned.bytes += task.bytes;
        }
        packing.task = Packing::new(&packing.planned.prefix, self.plan.tasks, self.files.length).task;
        Ok(())
    }
}

/// The open task of a prefix, and what was planned so far.
struct Packing {
    task: Task,
    planned: PrefixPlan,
}

impl Packing {
    fn new(prefix: &str, task: u64, offset: u64) -> Self {
        Self {
            task: Task {
                task,
                offset,
                length: 0,
                files: 0,
                bytes: 0,
                cpu: "1024".into(),
                memory: "2048".into(),
                larger_cpu: "1024".into(),
                larger_memory: "2048".into(),
            },
            planned: PrefixPlan { prefix: prefix.to_owned(), ..PrefixPlan::default() },
        }
    }
}

/// JSON lines on their way into the store; without a line nothing is written.
struct Lines {
    key: String,
    mode: Mode,
    /// Bytes of all lines so far.
    length: u64,
    buffer: Vec<u8>,
    staged: Option<Box<dyn Staged>>,
}

impl Lines {
    fn new(key: String, mode: Mode) -> Self {
        Self { key, mode, length: 0, buffer: Vec::new(), staged: None }
    }

    async fn push(&mut self, store: &dyn Store, line: &impl Serialize) -> Result<(), StoreError> {
        let at = || store.locate(&self.key);
        let before = self.buffer.len();
        serde_json::to_writer(&mut self.buffer, line).map_err(|error| StoreError::from_io(at(), error.into()))?;
        self.buffer.push(b'\n');
        self.length += (self.buffer.len() - before) as u64;
        match self.mode {
            Mode::DryRun => self.buffer.clear(),
            Mode::Write => {
                if self.staged.is_none() {
                    self.staged = Some(store.stage(&self.key, None).await?);
                }
                if self.buffer.len() >= BUFFER {
                    self.flush().await.map_err(|error| StoreError::from_io(store.locate(&self.key), error))?;
                }
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> std::io::Result<()> {
        let Some(mut staged) = self.staged.take() else {
            return Ok(());
        };
        let buffer = std::mem::take(&mut self.buffer);
        let staged = blocking(move || staged.write_all(&buffer).map(|()| staged)).await?;
        self.staged = Some(staged);
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), StoreError> {
        self.flush().await.map_err(|error| StoreError::from_io(self.key.clone(), error))?;
        match &mut self.staged {
            Some(staged) => staged.commit(Condition::Always).await.map(drop),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::key::ledger_key;
    use crate::store::MemoryStore;

    async fn put(store: &MemoryStore, key: &str, text: &str) -> String {
        store.put(key, text.as_bytes().to_vec(), Condition::Always).await.unwrap()
    }

    async fn planned(store: &MemoryStore, request: &Request) -> (Plan, Vec<PrefixPlan>) {
        let mut prefixes = Vec::new();
        let mut each = |prefix: &PrefixPlan| prefixes.push(prefix.clone());
        let plan = plan(
            &(std::sync::Arc::new(store.clone()) as std::sync::Arc<dyn Store>),
            request,
            Mode::Write,
            Clock::System,
            &mut each,
        )
        .await
        .unwrap();
        (plan, prefixes)
    }

    fn lines<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Vec<T> {
        bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }

    fn files_of(store: &MemoryStore, plan: &Plan) -> Vec<(Task, Vec<String>)> {
        let contents = store.contents();
        let files = &contents[&plan.run_id.files_key()];
        lines::<Task>(&contents[&plan.run_id.tasks_key()])
            .into_iter()
            .map(|task| {
                let range = task.offset as usize..(task.offset + task.length) as usize;
                (task, lines::<FileLine>(&files[range]).into_iter().map(|line| line.key).collect())
            })
            .collect()
    }

    #[tokio::test]
    async fn prefixes_at_any_depth_are_found_and_each_file_is_in_one_task() {
        let store = MemoryStore::new();
        for key in ["a/incoming/1.csv", "a/incoming/x/incoming/2.csv", "a/b/c/incoming/3.tsv.gz", "z/incoming/4.PSV"] {
            put(&store, key, "x").await;
        }
        put(&store, "a/resource.json", "{}").await;
        let (plan, prefixes) = planned(&store, &Request::default()).await;
        assert_eq!((plan.files, plan.tasks, plan.prefixes), (4, 3, 3));
        let names: Vec<&str> = prefixes.iter().map(|prefix| prefix.prefix.as_str()).collect();
        assert_eq!(names, ["a/b/c", "a", "z"]);
        let tasks: Vec<Vec<String>> = files_of(&store, &plan).into_iter().map(|(_, files)| files).collect();
        let expected: [&[&str]; 3] =
            [&["a/b/c/incoming/3.tsv.gz"], &["a/incoming/1.csv", "a/incoming/x/incoming/2.csv"], &["z/incoming/4.PSV"]];
        assert_eq!(tasks, expected);
    }

    #[tokio::test]
    async fn what_is_not_taken_is_counted_by_reason() {
        let store = MemoryStore::new();
        for key in [
            "incoming/a.csv",
            "a/incoming/b.txt",
            "a/incoming/c\n.csv",
            "a/incoming/",
            "/incoming/d.csv",
            "a/incoming/d.csv",
        ] {
            put(&store, key, "x").await;
        }
        let (plan, _) = planned(&store, &Request::default()).await;
        let counts: Vec<(Ignored, u64)> = plan.ignored.0.iter().map(|(reason, count)| (*reason, count.count)).collect();
        assert_eq!(counts, [(Ignored::NoPrefix, 2), (Ignored::ControlCharacter, 1), (Ignored::Suffix, 2)]);
        assert_eq!(plan.files, 1);
    }

    #[tokio::test]
    async fn outputs_never_become_inputs() {
        let store = MemoryStore::new();
        for key in [
            "a/incoming/x/incoming/y.csv",
            "a/clean/x/incoming/y.csv",
            "a/rejects/x/incoming/y.csv",
            "_sluice/incoming/z.csv",
        ] {
            put(&store, key, "x").await;
        }
        let (plan, prefixes) = planned(&store, &Request::default()).await;
        assert_eq!(prefixes.len(), 1);
        assert_eq!(plan.files, 1);
        assert_eq!(plan.ignored.0[&Ignored::ReservedPrefix].count, 2);
    }

    #[tokio::test]
    async fn the_ledger_is_subtracted_by_version() {
        let store = MemoryStore::new();
        for key in ["a/incoming/a.csv", "a/incoming/a.csv.gz", "a/incoming/a.csv/b.csv"] {
            let etag = put(&store, key, "x").await;
            put(&store, &ledger_key(key, &etag), "{}").await;
        }
        put(&store, "a/incoming/a.csv.gz", "new").await;
        put(&store, "a/incoming/a-new.csv", "new").await;
        let (plan, _) = planned(&store, &Request::default()).await;
        assert_eq!((plan.files, plan.done), (2, 2));
        assert_eq!(files_of(&store, &plan)[0].1, ["a/incoming/a-new.csv", "a/incoming/a.csv.gz"]);
        let (forced, _) = planned(&store, &Request { force: true, ..Request::default() }).await;
        assert_eq!((forced.files, forced.done), (4, 0));
    }

    #[tokio::test]
    async fn nothing_new_writes_nothing() {
        let store = MemoryStore::new();
        let etag = put(&store, "a/incoming/a.csv", "x").await;
        put(&store, &ledger_key("a/incoming/a.csv", &etag), "{}").await;
        let before = store.contents();
        let (plan, _) = planned(&store, &Request::default()).await;
        assert_eq!((plan.files, plan.tasks), (0, 0));
        assert_eq!(store.contents(), before);
    }

    #[tokio::test]
    async fn tasks_are_filled_by_bytes_and_by_files() {
        let store = MemoryStore::new();
        for (nth, bytes) in [4, 4, 4, 20, 1, 1, 1, 1].into_iter().enumerate() {
            put(&store, &format!("a/incoming/{nth}.csv"), &"x".repeat(bytes)).await;
        }
        let limits = TaskLimits { bytes: 10, files: 3 };
        let (plan, _) = planned(&store, &Request { limits, ..Request::default() }).await;
        let tasks: Vec<(u64, u64, u64)> =
            files_of(&store, &plan).into_iter().map(|(task, _)| (task.task, task.files, task.bytes)).collect();
        assert_eq!(tasks, [(0, 2, 8), (1, 1, 4), (2, 1, 20), (3, 3, 3), (4, 1, 1)]);
    }

    #[tokio::test]
    async fn only_the_prefixes_that_are_asked_for_are_planned() {
        let store = MemoryStore::new();
        for key in ["a/incoming/1.csv", "b/incoming/2.csv", "ab/incoming/3.csv"] {
            put(&store, key, "x").await;
        }
        let (plan, _) =
            planned(&store, &Request { prefixes: vec!["a/".to_owned(), "a".to_owned()], ..Request::default() }).await;
        assert_eq!(plan.files, 1);
    }

    #[tokio::test]
    async fn an_unknown_prefix_is_named() {
        let store = MemoryStore::new();
        put(&store, "a/incoming/1.csv", "x").await;
        let request = Request { prefixes: vec!["a".to_owned(), "b".to_owned()], ..Request::default() };
        let error = plan(
            &(std::sync::Arc::new(store.clone()) as std::sync::Arc<dyn Store>),
            &request,
            Mode::Write,
            Clock::System,
            &mut |_| {},
        )
        .await
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            "prefix \"b\": there is no file under memory:b/incoming/; `sluice plan` lists the prefixes there are"
        );
    }
}
