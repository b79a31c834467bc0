//! Packs the found files into tasks, writes files and tasks, and reports every prefix.

use tokio::sync::mpsc::Receiver;

use super::json_lines::JsonLines;
use super::merge_join::{FoundFiles, Group, NewFile};
use super::other_plans::OtherPlans;
use super::size::LINES_BYTES;
use super::{Listeners, Mode, Plan, PrefixPlan, Request};
use crate::clock::rfc3339;
use crate::store::{Store, StoreError};
use crate::task::{FileLine, Task};

/// The plan that is being made.
pub(super) struct Output<'a> {
    source: &'a dyn Store,
    request: &'a Request,
    pub(super) plan: Plan,
    files: JsonLines,
    tasks: JsonLines,
    other_plans: OtherPlans,
    /// The open task, and the size of its largest file in bytes.
    task: Task,
    largest_file: u64,
    prefix: Option<PrefixPlan>,
    listeners: Listeners<'a>,
}

impl<'a> Output<'a> {
    pub(super) fn new(
        source: &'a dyn Store,
        request: &'a Request,
        mode: Mode,
        plan: Plan,
        listeners: Listeners<'a>,
    ) -> Self {
        Self {
            source,
            request,
            files: JsonLines::new(plan.run_id.files_key(), mode),
            tasks: JsonLines::new(plan.run_id.tasks_key(), mode),
            plan,
            other_plans: OtherPlans::new(if request.force { &[] } else { &request.under_way }),
            task: Task::default(),
            largest_file: 0,
            prefix: None,
            listeners,
        }
    }

    /// Takes all found files, in the order of the ledger.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn run(&mut self, mut found: Receiver<FoundFiles>) -> Result<(), StoreError> {
        while let Some(FoundFiles { groups, ignored, .. }) = found.recv().await {
            for (reason, more) in ignored.0 {
                let count = self.plan.ignored.0.entry(reason).or_default();
                if count.count == 0 {
                    count.example = more.example;
                }
                count.count += more.count;
            }
            for group in groups {
                self.group(group).await?;
            }
        }
        Ok(())
    }

    /// Makes the plan visible: the files first, so that a reader who sees the tasks finds the files.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn commit(&mut self) -> Result<(), StoreError> {
        self.close_prefix();
        self.close_task().await?;
        self.files.commit().await?;
        self.tasks.commit().await
    }

    async fn group(&mut self, Group { prefix, files, done, .. }: Group) -> Result<(), StoreError> {
        if self.prefix.as_ref().is_none_or(|open| open.prefix != prefix) {
            self.close_prefix();
        }
        let open = self.prefix.get_or_insert_with(|| PrefixPlan { prefix, ..PrefixPlan::default() });
        open.done += done;
        self.plan.done += done;
        for file in files {
            self.file(file).await?;
        }
        Ok(())
    }

    fn close_prefix(&mut self) {
        if let Some(prefix) = self.prefix.take() {
            self.plan.prefixes += u64::from(prefix.files > 0);
            (self.listeners.prefix)(&prefix);
        }
    }

    async fn file(&mut self, NewFile { object, force, replaces }: NewFile) -> Result<(), StoreError> {
        if self.other_plans.has(self.source, &object.key, &object.etag).await? {
            self.plan.under_way += 1;
            return Ok(());
        }
        let limits = &self.request.limits;
        let bytes = self.task.bytes.saturating_add(object.bytes);
        let lines = self.files.length - self.task.offset;
        if self.task.files > 0 && (bytes > limits.bytes || self.task.files >= limits.files || lines >= LINES_BYTES) {
            self.close_task().await?;
        }
        self.task.files += 1;
        self.task.bytes = self.task.bytes.saturating_add(object.bytes);
        self.largest_file = self.largest_file.max(object.bytes);
        self.plan.files += 1;
        self.plan.bytes = self.plan.bytes.saturating_add(object.bytes);
        if let Some(prefix) = &mut self.prefix {
            prefix.files += 1;
            prefix.bytes = prefix.bytes.saturating_add(object.bytes);
        }
        let line = FileLine {
            key: object.key,
            etag: object.etag,
            bytes: object.bytes,
            last_modified: rfc3339(object.last_modified),
            force,
            replaces,
        };
        self.files.push(self.source, &line).await
    }

    async fn close_task(&mut self) -> Result<(), StoreError> {
        if self.task.files > 0 {
            self.task.length = self.files.length - self.task.offset;
            self.request.limits.fit(&mut self.task, self.largest_file);
            self.tasks.push(self.source, &self.task).await?;
            self.plan.tasks += 1;
            (self.listeners.task)(&self.task);
        }
        self.task = Task { task: self.plan.tasks, offset: self.files.length, ..Task::default() };
        self.largest_file = 0;
        Ok(())
    }
}
