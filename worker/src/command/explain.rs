//! `sluice explain`: what a descriptor asks for, and what a code means.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use sluice_engine::codes;
use sluice_engine::descriptor::{Descriptor, DescriptorSource, Expected, Package, did_you_mean, nearest};

use super::descriptor_folder::DescriptorFolder;
use super::descriptors::DescriptorPath;
use super::files::read_descriptor;
use super::terminal::{Terminal, counted, printable};
use super::{CommandError, Exit};
use crate::descriptor_names;
use crate::store::StoreError;

/// Most resources of a package that are explained.
const RESOURCES: usize = 100;

/// Explain a descriptor or an error code
///
/// For a descriptor: how files are read, what each field must be, keys, rules, outputs and limits, and whether each setting is given in the
/// descriptor or a default. For a code: what it means, an example, and what to do.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice explain resource.json
  sluice explain datapackage.json#orders
  sluice explain data/orders
  sluice explain type-error

A folder means the descriptor in it.")]
pub(super) struct ExplainArgs {
    /// A descriptor (Data Resource, Data Package or Table Schema, as JSON or YAML), a folder with one, or an error code
    #[arg(value_name = "DESCRIPTOR|CODE")]
    what: String,
}

pub(super) fn explain(args: &ExplainArgs, terminal: &Terminal) -> Exit {
    let explained = codes::explained(&args.what);
    if !explained.is_empty() && !Path::new(&args.what).exists() {
        for (nth, code) in explained.iter().enumerate() {
            if nth > 0 {
                terminal.line("");
            }
            code.text().lines().for_each(|line| terminal.line(line));
        }
        return if terminal.has_failed() { Exit::Io } else { Exit::Done };
    }
    match descriptor(&args.what, terminal) {
        Ok(Exit::Done) if terminal.has_failed() => Exit::Io,
        Ok(exit) => exit,
        Err(error) => terminal.end(&error),
    }
}

fn descriptor(given: &str, terminal: &Terminal) -> Result<Exit, CommandError> {
    let DescriptorPath { path, resource: name } = DescriptorPath::of(Path::new(given));
    let path = if path.is_dir() { in_folder(&path).map_err(CommandError::usage)? } else { path };
    if !path.exists() {
        let names = codes::names();
        let meant = nearest(given, names.iter().copied()).map(did_you_mean);
        let remedy = meant.unwrap_or_else(|| format!("the codes are {}", names.join(", ")));
        return Err(CommandError::usage(format!("{}: neither a file nor a code; {remedy}", printable(given))));
    }
    let shown = path.display().to_string();
    let bytes = read_descriptor(&path).map_err(|error| CommandError::io(StoreError::from_io(shown.clone(), error)))?;
    let folder = DescriptorFolder::new(&path);
    let source = DescriptorSource::read(&printable(&shown), &bytes, &folder, Expected::Any);
    match source.map_err(CommandError::usage)? {
        DescriptorSource::One(descriptor) => {
            if let Some(name) = name {
                let (shown, name) = (printable(&shown), printable(&name));
                return Err(CommandError::usage(format!(
                    "{shown}: is not a Data Package, so there is no resource \"{name}\" in it"
                )));
            }
            terminal.line(&printable(&shown));
            print(&descriptor, terminal);
        }
        DescriptorSource::Package(package) => {
            return explain_package(&package, (&shown, name.as_deref()), &folder, terminal);
        }
    }
    Ok(Exit::Done)
}

/// Explains the resources of a package, or the named one; a resource with mistakes does not prevent the others from being
/// explained.
fn explain_package(
    package: &Package,
    (shown, name): (&str, Option<&str>),
    folder: &DescriptorFolder,
    terminal: &Terminal,
) -> Result<Exit, CommandError> {
    let wanted = match name {
        None => (0..package.resources().len().min(RESOURCES)).collect(),
        Some(name) => vec![package.named(name).ok_or_else(|| {
            let (shown, name, names) = (printable(shown), printable(name), package.names());
            CommandError::usage(format!("{shown}: there is no resource \"{name}\"; there are {names}"))
        })?],
    };
    for warning in package.warnings().iter() {
        terminal.warning(&warning.to_string());
    }
    let mut exit = Exit::Done;
    for index in &wanted {
        let resource = &package.resources()[*index];
        let paths: Vec<String> = resource.paths.iter().take(10).map(|path| printable(path)).collect();
        let files =
            if paths.is_empty() { "no files are named".to_owned() } else { format!("files {}", paths.join(", ")) };
        let line = format!("{}#{}: {files}", printable(shown), printable(&resource.name));
        match package.resource(*index, folder) {
            Ok(descriptor) => {
                terminal.line(&line);
                print(&descriptor, terminal);
            }
            Err(mistakes) => {
                terminal.error(&mistakes.to_string());
                terminal.line(&format!("{line}\n  its descriptor has {}\n", counted(mistakes.count(), "mistake")));
                exit = Exit::Usage;
            }
        }
    }
    let more = package.resources().len() - wanted.len();
    if name.is_none() && more > 0 {
        terminal.line(&format!("and {}; name one: #NAME", counted(more as u64, "more resource")));
    }
    Ok(exit)
}

fn print(descriptor: &Descriptor, terminal: &Terminal) {
    for warning in &descriptor.warnings {
        terminal.warning(&warning.to_string());
    }
    for line in descriptor.explained() {
        terminal.line(&printable(&line));
    }
    terminal.line("");
}

/// Returns the path of the descriptor in a folder.
fn in_folder(folder: &Path) -> Result<PathBuf, String> {
    let mut names = descriptor_names::FoundNames::default();
    // A folder that cannot be listed counts as one without a descriptor.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        names.add(&entry.file_name().to_string_lossy());
    }
    let shown = printable(&folder.display().to_string());
    names.descriptor().map(|name| folder.join(name)).ok_or_else(|| {
        format!("{shown}: there is no descriptor in the folder ({})", descriptor_names::NAMES.join(", "))
    })
}
