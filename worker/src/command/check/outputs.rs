//! The paths of the outputs of `sluice check`: a file for one input, a folder for several.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sluice_engine::report::OutputLocations;

use super::CheckArgs;
use super::feedback_paths::FeedbackPaths;
use crate::command::CommandError;
use crate::command::files::{Input, Output};
use crate::command::guard::Guard;
use crate::command::terminal::printable;
use crate::store::StoreError;

/// The paths of the outputs of a file; an output that is not wanted has none.
#[derive(Clone, Debug, Default)]
pub(super) struct OutputPaths {
    pub(super) clean: Option<PathBuf>,
    pub(super) rejects: Option<PathBuf>,
    pub(super) parquet: Option<PathBuf>,
    pub(super) feedback: FeedbackPaths,
}

impl OutputPaths {
    /// The paths as reports and messages name them.
    pub(super) fn locations(&self) -> OutputLocations {
        let shown = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        OutputLocations {
            clean: shown(&self.clean),
            rejects: shown(&self.rejects),
            parquet: shown(&self.parquet),
            feedback: BTreeMap::new(),
        }
    }
}

/// Returns the paths of the outputs of each file, in the order of the files.
///
/// # Errors
/// When the guard refuses an output, or there is no folder for it.
pub(super) fn output_paths(
    args: &CheckArgs,
    inputs: &[Input],
    guard: &mut Guard,
) -> Result<Vec<OutputPaths>, CommandError> {
    let clean = OutputTarget::of(args.clean.as_deref(), inputs.len(), "")?;
    let rejects = OutputTarget::of(args.rejects.as_deref(), inputs.len(), ".jsonl")?;
    let parquet = OutputTarget::of(args.parquet.as_deref(), inputs.len(), ".parquet")?;
    let feedback = OutputTarget::of(args.feedback.as_deref(), inputs.len(), "")?;
    let mut paths = Vec::with_capacity(inputs.len());
    for input in inputs {
        let all = [&clean, &rejects, &parquet].map(|target| target.as_ref().map(|target| target.for_file(input)));
        let paths_of = |target: &OutputTarget<'_>| target.feedback_paths(input).map_err(CommandError::usage);
        let feedback = feedback.as_ref().map(paths_of).transpose()?.unwrap_or_default();
        for output in all.iter().flatten().chain(feedback.paths()) {
            guard.allow(output)?;
        }
        let [clean, rejects, parquet] = all;
        paths.push(OutputPaths { clean, rejects, parquet, feedback });
    }
    Ok(paths)
}

/// The target of an option of the command line for outputs.
enum OutputTarget<'a> {
    File(&'a Path),
    /// A folder, and the suffix that is added to the name of the input.
    Folder(&'a Path, &'static str),
}

impl<'a> OutputTarget<'a> {
    fn of(out: Option<&'a Path>, files: usize, suffix: &'static str) -> Result<Option<Self>, CommandError> {
        let Some(out) = out else { return Ok(None) };
        if out == Path::new("-") {
            return Err(CommandError::usage("-: outputs go to files, standard output has the report; name a file"));
        }
        let is_folder = out.is_dir() || out.as_os_str().as_encoded_bytes().ends_with(b"/");
        if files == 1 && !is_folder {
            return Ok(Some(Self::File(out)));
        }
        if out.exists() && !out.is_dir() {
            let shown = printable(&out.display().to_string());
            let message = format!("{shown}: is a file; name a folder for the outputs of {files} files");
            return Err(CommandError::usage(message));
        }
        fs::create_dir_all(out)
            .map_err(|error| CommandError::io(StoreError::from_io(out.display().to_string(), error)))?;
        Ok(Some(Self::Folder(out, suffix)))
    }

    fn feedback_paths(&self, input: &Input) -> Result<FeedbackPaths, String> {
        match self {
            Self::File(path) => FeedbackPaths::file(path.to_path_buf()),
            Self::Folder(folder, _) => Ok(FeedbackPaths::folder(folder, input)),
        }
    }

    fn for_file(&self, input: &Input) -> PathBuf {
        match self {
            Self::File(path) => path.to_path_buf(),
            Self::Folder(folder, suffix) => folder.join(format!("{}{suffix}", input.name())),
        }
    }
}

/// Moves an output into its place and returns its path; `None` if there is no such output.
pub(super) fn keep(output: Option<Output>, path: &Option<PathBuf>) -> Result<Option<String>, StoreError> {
    let Some(output) = output else { return Ok(None) };
    output.keep()?;
    Ok(path.as_ref().map(|path| path.display().to_string()))
}
