//! Checks one file and publishes its outputs.

use std::sync::Arc;

use sluice_engine::OwnKeys;
use sluice_engine::pipeline::file::{CheckError, Options, StoredFile};
use sluice_engine::report::OutputLocations;

use super::blocking_check::{BlockingCheck, CheckedFile, EarlierFilesLimit};
use super::destination::Destination;
use super::feedback_outputs::{FeedbackPlaces, Upload, WorkError};
use super::record;
use crate::context::{Context, FileOutcome};
use crate::earlier_files::Compared;
use crate::file_report::{Began, FileVersion, Locations, parquet_metadata, report};
use crate::jobs::Share;
use crate::key::{Suffix, clean_key, ledger_key, name_of, parquet_key, rejects_key};
use crate::memory_budget::FileSize;
use crate::outputs::Origin;
use crate::prefix::{Checks, PrefixChecks};
use crate::store::{Condition, Object, StoreError, blocking, on_one_thread};
use crate::task::{FailureCode, FileFailure, FileLine};

/// Largest size of a small file, in bytes. Small files are opened before they are assigned a core: only a little is read from them
/// by then, and a request costs as much as their check.
const SMALL: u64 = 1 << 20;

/// Maximum number of times that a file is checked once more because another run has written its record meanwhile.
const CHECKS: usize = 4;

/// What is known about the ledger record of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Nothing,
    /// The file had no record a short time ago.
    NoRecord,
}

/// Checks a file, unless it has a record. A small file that had no record a short time ago is checked without looking at the ledger again. If
/// another run writes a record meanwhile, writing this one finds it.
pub(super) async fn check_file(
    context: Context,
    prefix: Arc<PrefixChecks>,
    line: FileLine,
    known: Known,
) -> FileOutcome {
    let compressed = Suffix::of(&line.key).is_some_and(|suffix| suffix.compression.is_some());
    let _room = context.jobs.room(line.bytes, compressed).await;
    let _permit = context.jobs.file_permit().await;
    if context.interrupt.raised() {
        return FileOutcome::Failed(interrupted(&line.key));
    }
    on_one_thread(async move {
        let known = if line.bytes <= SMALL { known } else { Known::Nothing };
        match check_and_publish(&context, &prefix, &line, known).await {
            Ok(outcome) => outcome,
            Err(_) if context.interrupt.raised() => FileOutcome::Failed(interrupted(&line.key)),
            Err(failure) => FileOutcome::Failed(failure),
        }
    })
    .await
}

/// A file whose ledger record was looked up.
pub(super) struct LookedUp {
    pub(super) line: FileLine,
    /// The outcome, if the file has a record.
    pub(super) known: Option<FileOutcome>,
}

/// Looks up whether a file has a record. A failure here is ignored, as it comes again and is reported when the file is checked.
pub(super) async fn look_up(context: Context, line: FileLine) -> LookedUp {
    if line.force {
        return LookedUp { line, known: None };
    }
    let known = record::read(&*context.source, &ledger_key(&line.key, &line.etag)).await.ok().flatten();
    LookedUp { line, known: known.map(|report| FileOutcome::Known(Box::new(report))) }
}

fn interrupted(key: &str) -> FileFailure {
    let message = format!("{key}: not checked, the run was interrupted; run again");
    FileFailure { key: key.to_owned(), code: FailureCode::Interrupted, message }
}

/// Checks a file until its outputs and its record are of the same check.
async fn check_and_publish(
    context: &Context,
    prefix: &PrefixChecks,
    line: &FileLine,
    known: Known,
) -> Result<FileOutcome, FileFailure> {
    let mut published = check_once(context, prefix, line, known).await?;
    for _ in 0..CHECKS {
        if let Published::Done(outcome) = published {
            return Ok(outcome);
        }
        // As a rule the other run has read the descriptor later than this one.
        let prefix = PrefixChecks::new(prefix.prefix().to_owned());
        let line = FileLine { force: true, replaces: true, ..line.clone() };
        published = check_once(context, &prefix, &line, Known::Nothing).await?;
    }
    match published {
        Published::Done(outcome) => Ok(outcome),
        Published::Overtaken => {
            let at = context.source.locate(&ledger_key(&line.key, &line.etag));
            Err(FileFailure::of_store(&line.key, &StoreError::Replaced { at }))
        }
    }
}

/// The end of one check.
enum Published {
    /// The outputs are published, and the record is of the same check.
    Done(FileOutcome),
    /// Outputs were published, but another run, with another descriptor, has written the record.
    Overtaken,
}

async fn check_once(
    context: &Context,
    prefix: &PrefixChecks,
    line: &FileLine,
    known: Known,
) -> Result<Published, FileFailure> {
    let record_key = ledger_key(&line.key, &line.etag);
    if !line.force
        && known == Known::Nothing
        && let Some(report) = record::read(&*context.source, &record_key)
            .await
            .map_err(|error| FileFailure::of_store(&line.key, &error))?
    {
        context.observer.read(line.bytes);
        return Ok(Published::Done(FileOutcome::Known(Box::new(report))));
    }
    let condition = match line.force {
        true => record::unchanged(&*context.source, &record_key).await,
        false => Ok(Condition::IfAbsent),
    };
    let condition = condition.map_err(|error| FileFailure::of_store(&line.key, &error))?;
    let name = name_of(prefix.prefix(), &line.key).unwrap_or(&line.key);
    let checks = prefix.checks(context, name).await.map_err(|no_checks| no_checks.failure(&line.key))?;
    // The planner has accepted the name, so it has a suffix.
    let suffix = Suffix::of(name).unwrap_or(Suffix { delimiter: b',', compression: None });
    let threads = context.jobs.worth(Some(line.bytes));
    let size = FileSize { bytes: line.bytes, compressed: suffix.compression.is_some(), threads };
    let _memory = context.jobs.memory(checks.memory(size), checks.tables()).await;
    FileJob { context, prefix, line, name, record_key, condition, checks, suffix }.check().await
}

/// A file that has no record yet, and the checks for it.
struct FileJob<'c> {
    context: &'c Context,
    prefix: &'c PrefixChecks,
    line: &'c FileLine,
    /// The name of the file in its prefix.
    name: &'c str,
    record_key: String,
    /// The condition on which the record is written.
    condition: Condition,
    checks: Checks,
    suffix: Suffix,
}

/// What a file has after the pass for the keys that its own rows refer to.
struct FirstPass {
    /// The threads that check the file, if it has them already.
    share: Option<Share>,
    /// The keys; `None` if no row refers to a row of the same file.
    own_keys: Option<OwnKeys>,
}

impl FileJob<'_> {
    async fn check(self) -> Result<Published, FileFailure> {
        let Self { context, line, .. } = &self;
        let of_store = |error: StoreError| self.of_store(&error);
        // A large file waits for all cores before it is opened, and then reads ahead. Many small files wait for the storage while
        // others are checked: no small file holds a core before its bytes have arrived.
        let early = if line.bytes > SMALL { Some(self.share().await) } else { None };
        if context.interrupt.raised() {
            return Err(interrupted(&line.key));
        }
        let began = Began::now(context.clock);
        let FirstPass { share: early, own_keys } = self.first_pass(early).await?;
        let (file, body) = context.source.open(&line.key, Some(&line.etag), None).await.map_err(of_store)?;
        let earlier = self.earlier(&file).await?;
        let record = if line.force { None } else { Some(self.record_key.clone()) };
        let origin = Origin { source: Arc::clone(&context.source), file, replaces: line.replaces, record };
        let destination = self.destination();
        let staged = match &destination {
            Some(destination) => Some(destination.stage(&origin).await.map_err(of_store)?),
            None => None,
        };
        let share = match early {
            Some(share) => share,
            None => self.share().await,
        };
        let sources = [("sluice.source.version", &origin.file.etag), ("sluice.ledger.key", &self.record_key)];
        let check = BlockingCheck {
            checks: self.checks.clone(),
            body: context.interrupt.watch(body),
            bytes: origin.file.bytes,
            suffix: self.suffix,
            own_keys,
            staged,
            upload: Upload { name: self.name.to_owned(), received: origin.file.last_modified },
            metadata: parquet_metadata(&self.checks, sources),
            share,
            earlier,
            observer: Arc::clone(&context.observer),
        };
        let checked = blocking(move || check.run()).await;
        let checked = checked.map_err(|error| match error {
            WorkError::Check(error) => self.failure(destination.as_ref(), error),
            WorkError::Feedback(error) => of_store(error),
        })?;
        self.publish(checked, destination, origin, began).await
    }

    /// Publishes the outputs and writes the ledger record.
    async fn publish(
        self,
        checked: CheckedFile,
        destination: Option<Destination>,
        origin: Origin,
        began: Began,
    ) -> Result<Published, FileFailure> {
        let Self { context, line, .. } = &self;
        let of_store = |error: StoreError| self.of_store(&error);
        // A worker that was told to stop, or has lost the task to another attempt, publishes nothing more.
        if context.interrupt.raised() {
            return Err(interrupted(&line.key));
        }
        let CheckedFile { outcome, staged } = checked;
        let published = match (&destination, staged) {
            (Some(destination), Some(staged)) => destination.publish(staged, outcome.verdict, &origin).await,
            _ => Ok(OutputLocations::default()),
        };
        let version = FileVersion {
            key: line.key.clone(),
            etag: Some(origin.file.etag),
            bytes: Some(origin.file.bytes),
            last_modified: Some(origin.file.last_modified),
        };
        let (outputs, other) = match published {
            Ok(outputs) => (outputs, None),
            // Another run has done this version. Outputs of this run may have been written before that was seen.
            Err(error @ StoreError::AlreadyExists { .. }) => {
                let other = record::read(&*context.source, &self.record_key).await.map_err(of_store)?;
                (OutputLocations::default(), Some(other.ok_or_else(|| of_store(error))?))
            }
            Err(error) => return Err(of_store(error)),
        };
        let report = report(version, &self.checks, outcome, outputs, began);
        let known = match other {
            Some(known) => Some(known),
            None => {
                record::write(context, &self.record_key, self.condition.clone(), &report).await.map_err(of_store)?
            }
        };
        Ok(match known {
            None => Published::Done(FileOutcome::Checked(Box::new(report))),
            Some(known) if record::is_same_check(&known, &report) => {
                Published::Done(FileOutcome::Known(Box::new(known)))
            }
            Some(_) => Published::Overtaken,
        })
    }

    /// Waits for the threads that check the file.
    async fn share(&self) -> Share {
        self.context.jobs.share(Some(self.line.bytes)).await
    }

    /// If rows of the file refer to rows of the same file, reads the keys of the file.
    async fn first_pass(&self, share: Option<Share>) -> Result<FirstPass, FileFailure> {
        if !self.checks.refer_to_own_file() {
            return Ok(FirstPass { share, own_keys: None });
        }
        let share = match share {
            Some(share) => share,
            None => self.share().await,
        };
        let own_keys = self.own_keys(&share).await?;
        Ok(FirstPass { share: Some(share), own_keys: Some(own_keys) })
    }

    /// Reads the file once for the keys that its own rows refer to.
    async fn own_keys(&self, share: &Share) -> Result<OwnKeys, FileFailure> {
        let Self { context, line, suffix, .. } = self;
        let opened = context.source.open(&line.key, Some(&line.etag), None).await;
        let (file, body) = opened.map_err(|error| self.of_store(&error))?;
        let (checks, delimiter) = (self.checks.clone(), suffix.delimiter);
        let body = context.interrupt.watch(body);
        let stored = StoredFile { body, bytes: Some(file.bytes), compression: suffix.compression };
        let options = Options { threads: share.threads, ..Options::default() };
        let gathered = blocking(move || checks.of(delimiter).gather_own_keys(stored, &options));
        gathered.await.map_err(|error| self.failure(None, error))
    }

    /// Returns the limit on how much the file may differ from earlier files, and these files.
    async fn earlier(&self, file: &Object) -> Result<Option<EarlierFilesLimit>, FileFailure> {
        let Some(limit) = self.checks.last() else { return Ok(None) };
        let resource = self.checks.descriptor().and_then(|descriptor| descriptor.resource.as_deref());
        let compared = Compared { own: &self.record_key, uploaded: file.last_modified, resource };
        let files = self.prefix.earlier(&self.context.source, compared, limit).await;
        Ok(Some(EarlierFilesLimit { limit, files: files.map_err(|error| self.of_store(&error))? }))
    }

    /// Returns the places of the outputs; `None` if the run writes no outputs.
    fn destination(&self) -> Option<Destination> {
        let store = self.context.outputs.as_ref()?;
        let feedback_store = self.context.feedback.as_ref().unwrap_or(store);
        let (prefix, name) = (self.prefix.prefix(), self.name);
        Some(Destination {
            store: Arc::clone(store),
            formats: self.checks.formats(),
            feedback: self
                .checks
                .feedback()
                .map(|asked| FeedbackPlaces::new(Arc::clone(feedback_store), asked, prefix, name)),
            clean: clean_key(prefix, name),
            parquet: parquet_key(prefix, name),
            rejects: rejects_key(prefix, name),
        })
    }

    fn of_store(&self, error: &StoreError) -> FileFailure {
        FileFailure::of_store(&self.line.key, error)
    }

    fn failure(&self, destination: Option<&Destination>, error: CheckError) -> FileFailure {
        let locations = Locations {
            input: self.context.source.locate(&self.line.key),
            outputs: destination.map(Destination::locations).unwrap_or_default(),
            parquet_wish: "`parquet` in sluice.output.formats",
        };
        locations.failure(&self.line.key, error)
    }
}
