//! Checks one file and publishes what comes out.

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::SystemTime;

use sluice_engine::descriptor::{Formats, Last};
use sluice_engine::pipeline::file::{CheckError, Options, Outcome, Outputs, ParquetTarget};
use sluice_engine::report::{FileIdentity, FileReport, OutputLocations, REPORT_VERSION, Verdict};
use sluice_engine::{EarlierFile, OwnKeys};

use super::{Context, ENGINE, FileEnd, Observer, record};
use crate::clock::{Clock, rfc3339};
use crate::earlier::Compared;
use crate::jobs::Share;
use crate::key::{Suffix, clean_key, ledger_key, name_of, parquet_key, rejects_key};
use crate::key_files;
use crate::memory::FileSize;
use crate::prefix::{Checks, PrefixChecks};
use crate::publication::{OnFirstByte, Origin, Output, publish};
use crate::store::{Staged, Store, StoreError, blocking, on_one_thread};
use crate::task::{FailureCode, FileFailure, FileLine};

/// Files up to this size are small: they are opened before they have a core, as what is read of them by then stays small, and a request
/// costs as much as their check.
const SMALL: u64 = 1 << 20;

/// Checks a file, unless it has a record. Of a `fresh` one the planner has just seen that it has none: a small one is checked without
/// another look, and whether another run was first shows when the record is written.
pub(super) async fn check_file(context: Context, prefix: Arc<PrefixChecks>, line: FileLine, fresh: bool) -> FileEnd {
    let compressed = Suffix::of(&line.key).is_some_and(|suffix| suffix.compression.is_some());
    let _room = context.jobs.room(line.bytes, compressed).await;
    let _on_its_way = context.jobs.on_its_way().await;
    if context.interrupt.raised() {
        return FileEnd::Failed(interrupted(&line.key));
    }
    on_one_thread(async move {
        match check_and_publish(&context, &prefix, &line, fresh && line.bytes <= SMALL).await {
            Ok(end) => end,
            Err(_) if context.interrupt.raised() => FileEnd::Failed(interrupted(&line.key)),
            Err(failure) => FileEnd::Failed(failure),
        }
    })
    .await
}

/// Looks whether a file has a record. What fails here fails again when the file is checked, and is told then.
pub(super) async fn known_file(context: Context, line: FileLine) -> (FileLine, Option<FileEnd>) {
    if line.force {
        return (line, None);
    }
    let known = record::read(&*context.source, &ledger_key(&line.key, &line.etag)).await.ok().flatten();
    (line, known.map(|report| FileEnd::Known(Box::new(report))))
}

fn interrupted(key: &str) -> FileFailure {
    let message = format!("{key}: not checked, the run was interrupted; run again");
    FileFailure { key: key.to_owned(), code: FailureCode::Interrupted, message }
}

async fn check_and_publish(
    context: &Context,
    prefix: &PrefixChecks,
    line: &FileLine,
    has_no_record: bool,
) -> Result<FileEnd, FileFailure> {
    let of_store = |error: StoreError| FileFailure::of_store(&line.key, &error);
    let record_key = ledger_key(&line.key, &line.etag);
    if !line.force
        && !has_no_record
        && let Some(report) = record::read(&*context.source, &record_key).await.map_err(of_store)?
    {
        context.observer.read(line.bytes);
        return Ok(FileEnd::Known(Box::new(report)));
    }
    let name = name_of(prefix.prefix(), &line.key).unwrap_or(&line.key);
    let checks = prefix.checks(context, name).await.map_err(|no_checks| no_checks.failure(&line.key))?;
    // The planner has let it through.
    let suffix = Suffix::of(name).unwrap_or(Suffix { delimiter: b',', compression: None });
    let threads = context.jobs.worth(Some(line.bytes));
    let size = FileSize { bytes: line.bytes, compressed: suffix.compression.is_some(), threads };
    let _memory = context.jobs.memory(checks.memory(size)).await;
    // A large file waits for all cores before it is opened, and then reads ahead. Of small files many wait for the storage while
    // others are checked: none holds a core until its bytes are there.
    let early = if line.bytes > SMALL { Some(context.jobs.share(Some(line.bytes)).await) } else { None };
    if context.interrupt.raised() {
        return Err(interrupted(&line.key));
    }
    let start = context.clock.now();
    let (early, own_keys) = match checks.refer_to_own_file() {
        true => {
            let share = match early {
                Some(share) => share,
                None => context.jobs.share(Some(line.bytes)).await,
            };
            let keys = first_pass(context, line, (&checks, suffix), &share).await?;
            (Some(share), Some(keys))
        }
        false => (early, None),
    };
    let (file, body) = context.source.open(&line.key, Some(&line.etag), None).await.map_err(of_store)?;
    let earlier = match checks.last() {
        None => None,
        Some(last) => {
            let resource = checks.descriptor().and_then(|descriptor| descriptor.resource.as_deref());
            let compared = Compared { own: &record_key, uploaded: file.last_modified, resource };
            let files = prefix.earlier(&context.source, compared, last).await.map_err(of_store)?;
            Some((last, files))
        }
    };
    let origin = Origin { source: Arc::clone(&context.source), file, replaces: line.replaces };
    let destination = context.clean.as_ref().map(|store| Destination {
        store: Arc::clone(store),
        formats: checks.formats(),
        clean: clean_key(prefix.prefix(), name),
        parquet: parquet_key(prefix.prefix(), name),
        rejects: rejects_key(prefix.prefix(), name),
    });
    let staged = match &destination {
        Some(destination) => Some(destination.stage(&origin).await.map_err(of_store)?),
        None => None,
    };
    let share = match early {
        Some(share) => share,
        None => context.jobs.share(Some(line.bytes)).await,
    };
    let work = Work {
        checks: checks.clone(),
        body: context.interrupt.watch(body),
        bytes: origin.file.bytes,
        suffix,
        own_keys,
        staged,
        metadata: file_metadata(
            &checks,
            [("sluice.source.version", &origin.file.etag), ("sluice.ledger.key", &record_key)],
        ),
        share,
        earlier,
        observer: Arc::clone(&context.observer),
    };
    let (outcome, staged) = blocking(move || work.run())
        .await
        .map_err(|error| failure_of(context, &line.key, destination.as_ref(), error))?;
    // Whoever was told to stop, or has lost the task to another attempt, publishes nothing more.
    if context.interrupt.raised() {
        return Err(interrupted(&line.key));
    }
    let outputs = match (&destination, staged) {
        (Some(destination), Some(staged)) => {
            destination.publish(staged, outcome.verdict, &origin).await.map_err(of_store)?
        }
        _ => OutputLocations { clean: None, rejects: None, parquet: None },
    };
    let identity = FileIdentity {
        key: line.key.clone(),
        etag: Some(origin.file.etag.clone()),
        bytes: Some(origin.file.bytes),
        last_modified: Some(rfc3339(origin.file.last_modified)),
        compression: outcome.compression,
        encoding: outcome.encoding.clone(),
        encoding_note: outcome.encoding_note.clone(),
        assertions: outcome.assertions.clone(),
    };
    let report = report(identity, &checks, outcome, outputs, context.clock, start);
    record::write(context, &record_key, line.force, report).await.map_err(of_store)
}

/// Reads the keys of a file whose rows refer to rows of the same file.
async fn first_pass(
    context: &Context,
    line: &FileLine,
    (checks, suffix): (&Checks, Suffix),
    share: &Share,
) -> Result<OwnKeys, FileFailure> {
    let opened = context.source.open(&line.key, Some(&line.etag), None).await;
    let (file, body) = opened.map_err(|error| FileFailure::of_store(&line.key, &error))?;
    let (checks, body) = (checks.clone(), context.interrupt.watch(body));
    let options = Options { threads: share.threads, ..Options::default() };
    let gathered = blocking(move || {
        let check = checks.of(suffix.delimiter);
        check.gather_own_keys(body, Some(file.bytes), suffix.compression, &options)
    });
    gathered.await.map_err(|error| failure_of(context, &line.key, None, error))
}

/// The report of a checked file.
pub(crate) fn report(
    file: FileIdentity,
    checks: &Checks,
    outcome: Outcome,
    outputs: OutputLocations,
    clock: Clock,
    start: SystemTime,
) -> FileReport {
    FileReport {
        version: REPORT_VERSION,
        file,
        descriptor: checks.descriptor().cloned(),
        engine: ENGINE.to_owned(),
        verdict: outcome.verdict,
        rows: outcome.rows,
        errors: outcome.errors,
        refusal: outcome.refusal,
        rejects_omitted: outcome.rejects_omitted,
        fields: outcome.fields,
        fields_omitted: outcome.fields_omitted,
        labels: outcome.labels,
        labels_omitted: outcome.labels_omitted,
        outputs,
        samples: outcome.samples,
        warnings: outcome.warnings,
        warning_samples: outcome.warning_samples,
        hints: outcome.hints,
        started_at: rfc3339(start),
        seconds: clock.seconds_since(start),
    }
}

/// What a Parquet file says of itself: the program, the descriptor, and where it comes from.
pub(crate) fn file_metadata<'t>(
    checks: &'t Checks,
    origin: impl IntoIterator<Item = (&'static str, &'t String)>,
) -> Vec<(&'static str, String)> {
    let descriptor = checks.descriptor().map(|identity| ("sluice.descriptor.sha256", &identity.sha256));
    let all = descriptor.into_iter().chain(origin).map(|(key, value)| (key, value.clone()));
    std::iter::once(("sluice.engine", ENGINE.to_owned())).chain(all).collect()
}

/// Where the outputs of a file go.
struct Destination {
    store: Arc<dyn Store>,
    formats: Formats,
    clean: String,
    parquet: String,
    rejects: String,
}

/// Outputs that are written and not seen yet.
struct StagedOutputs {
    clean: Option<Box<dyn Staged>>,
    parquet: Option<Box<dyn Staged>>,
    rejects: OnFirstByte,
}

impl Destination {
    async fn stage(&self, origin: &Origin) -> Result<StagedOutputs, StoreError> {
        let wanted = async |key, is_wanted| match is_wanted {
            true => self.store.stage(key, Some(origin.stamp())).await.map(Some),
            false => Ok(None),
        };
        Ok(StagedOutputs {
            clean: wanted(&self.clean, self.formats.csv).await?,
            parquet: wanted(&self.parquet, self.formats.parquet).await?,
            rejects: OnFirstByte::new(Arc::clone(&self.store), self.rejects.clone(), origin.stamp()),
        })
    }

    /// Lets the outputs be seen.
    async fn publish(
        &self,
        staged: StagedOutputs,
        verdict: Verdict,
        origin: &Origin,
    ) -> Result<OutputLocations, StoreError> {
        let StagedOutputs { mut clean, mut parquet, rejects } = staged;
        let mut rejects = rejects.into_staged();
        if verdict == Verdict::Refused {
            (clean, parquet) = (None, None);
        }
        let locate = |key: &String, is_there: bool| is_there.then(|| self.store.locate(key));
        let locations = OutputLocations {
            clean: locate(&self.clean, clean.is_some()),
            rejects: locate(&self.rejects, rejects.is_some()),
            parquet: locate(&self.parquet, parquet.is_some()),
        };
        let forms = [(&self.clean, &mut clean, self.formats.csv), (&self.parquet, &mut parquet, self.formats.parquet)];
        // Of a form that is not wanted an earlier version may have left something.
        let mut outputs: Vec<Output<'_>> = forms
            .into_iter()
            .filter(|(.., is_wanted)| *is_wanted || origin.replaces)
            .map(|(key, staged, _)| Output { key, staged: staged.as_deref_mut() })
            .collect();
        outputs.push(Output { key: &self.rejects, staged: rejects.as_deref_mut() });
        publish(&*self.store, &mut outputs, origin).await?;
        Ok(locations)
    }
}

/// The blocking part of a file.
struct Work<R> {
    checks: Checks,
    body: R,
    bytes: u64,
    suffix: Suffix,
    /// Of a file whose rows refer to one another.
    own_keys: Option<OwnKeys>,
    staged: Option<StagedOutputs>,
    metadata: Vec<(&'static str, String)>,
    share: Share,
    /// With what the file is compared.
    earlier: Option<(Last, Vec<EarlierFile>)>,
    observer: Arc<dyn Observer>,
}

impl<R: Read + Send> Work<R> {
    fn run(mut self) -> Result<(Outcome, Option<StagedOutputs>), CheckError> {
        let outputs = match &mut self.staged {
            Some(StagedOutputs { clean, parquet, rejects }) => Outputs {
                clean: clean.as_mut().map(|clean| Box::new(clean) as Box<dyn Write + Send>),
                rejects: Some(Box::new(rejects)),
                parquet: parquet
                    .as_mut()
                    .map(|parquet| ParquetTarget { writer: Box::new(parquet), metadata: self.metadata }),
            },
            None => Outputs::default(),
        };
        // Here and not before: to compile patterns takes a while.
        let mut check = self.checks.of(self.suffix.delimiter);
        if let Some(keys) = self.own_keys {
            check = Arc::new(check.with_own_keys(keys));
        }
        let options = Options { threads: self.share.threads, ..Options::default() };
        let observer = &self.observer;
        let progress = |bytes| observer.read(bytes);
        let compression = self.suffix.compression;
        let mut outcome = check.run(self.body, Some(self.bytes), compression, outputs, &options, &progress)?;
        if let Some((last, earlier)) = &self.earlier {
            outcome.compare(last, self.bytes, earlier);
        }
        Ok((outcome, self.staged))
    }
}

fn failure_of(context: &Context, key: &str, destination: Option<&Destination>, error: CheckError) -> FileFailure {
    let of_output = |output: fn(&Destination) -> &String, error| {
        let at = destination.map_or_else(String::new, |there| there.store.locate(output(there)));
        FileFailure::of_store(key, &StoreError::from_io(at, error))
    };
    match error {
        CheckError::Read(error) => FileFailure::of_store(key, &StoreError::from_io(context.source.locate(key), error)),
        CheckError::WriteClean(error) => of_output(|there| &there.clean, error),
        CheckError::WriteRejects(error) => of_output(|there| &there.rejects, error),
        CheckError::Keys(error) => key_files::failure_of(key, error),
        CheckError::WriteParquet(error) => of_output(|there| &there.parquet, error),
        CheckError::NoParquet(reason) => FileFailure {
            key: key.to_owned(),
            code: FailureCode::Invalid,
            message: format!("{key}: {reason} (`parquet` in sluice.output.formats)"),
        },
        CheckError::Internal(reason) => FileFailure {
            key: key.to_owned(),
            code: FailureCode::Internal,
            message: format!("{key}: internal error ({reason}); please report it"),
        },
    }
}
