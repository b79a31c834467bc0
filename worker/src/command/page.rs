//! The page that a command writes: its file and its title.

use std::fs;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use super::CommandError;
use super::files::{Input, Output};
use super::guard::Guard;
use super::terminal::counted;
use crate::page::{Contents, render};
use crate::store::StoreError;

/// A page that will be written.
pub(super) struct Page {
    output: Output,
    path: PathBuf,
}

impl Page {
    /// Begins the page at `path` before the work whose result it shows, so that a path that cannot be written is reported at once.
    pub(super) fn begin(path: &Path, guard: &mut Guard) -> Result<Self, CommandError> {
        guard.allow_page(path)?;
        let output = Output::stage(path).map_err(CommandError::io)?;
        Ok(Self { output, path: path.to_owned() })
    }

    /// Writes the page, and moves it into its place.
    pub(super) fn write(mut self, contents: Contents) -> Result<(), CommandError> {
        let page = render(contents);
        let written = self.output.write_all(page.as_bytes());
        let at = self.path.display().to_string();
        let kept = written.map_err(|error| StoreError::from_io(at, error)).and_then(|()| self.output.keep());
        kept.map_err(CommandError::io)
    }
}

/// Returns the title of a page about what a user has named. A path of dots alone says nothing, so the title is the name of its folder.
pub(super) fn title_of(given: &str) -> String {
    let path = Path::new(given);
    let is_dots = matches!(path.components().next_back(), Some(Component::CurDir | Component::ParentDir));
    let folder = if is_dots { fs::canonicalize(path).ok() } else { None };
    let name = folder.as_deref().and_then(Path::file_name);
    name.map_or_else(|| given.to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Begins the page of a check and its contents; `None` if no page is wanted.
pub(super) fn of_check(
    path: Option<&Path>,
    inputs: &[Input],
    guard: &mut Guard,
) -> Result<Option<(Page, Contents)>, CommandError> {
    let Some(path) = path else { return Ok(None) };
    let page = Page::begin(path, guard)?;
    let title = match inputs {
        [one] => one.shown(),
        several => counted(several.len() as u64, "file"),
    };
    Ok(Some((page, Contents::new(title))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_about_a_folder_has_its_name() {
        assert_eq!(["data", "a/data/", "s3://uploads"].map(title_of), ["data", "a/data/", "s3://uploads"]);
        for dots in [".", "./", "src/.."] {
            assert_eq!(title_of(dots), "worker", "{dots}");
        }
    }
}
