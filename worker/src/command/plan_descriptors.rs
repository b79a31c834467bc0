//! What `sluice plan` says of the descriptors of the prefixes.

use std::sync::Arc;

use serde::Serialize;
use tokio::task::JoinSet;

use super::terminal::{Terminal, counted};
use crate::interrupt::Interrupt;
use crate::prefix::{Described, Kind, load};
use crate::store::Store;

/// Descriptors that are read at once.
const AT_ONCE: usize = 16;

/// Resources of a package that are read.
const RESOURCES: usize = 100;

/// What the files of a prefix are checked against.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PrefixDescriptor {
    /// The prefix.
    prefix: String,
    /// Name of the descriptor beside `incoming`; `null`: there is none, and only the structure is checked.
    descriptor: Option<&'static str>,
    /// Resources of a Data Package.
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<usize>,
    /// What is odd.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    /// Why files of the prefix will fail.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mistakes: Vec<String>,
}

/// Reads the descriptors of these prefixes; the answers are in the same order.
pub(super) async fn read(source: &Arc<dyn Store>, prefixes: Vec<String>) -> Vec<PrefixDescriptor> {
    let mut running: JoinSet<(usize, PrefixDescriptor)> = JoinSet::new();
    let mut all = Vec::new();
    let mut waiting = prefixes.into_iter().enumerate();
    loop {
        while running.len() < AT_ONCE
            && let Some((nth, prefix)) = waiting.next()
        {
            let source = Arc::clone(source);
            running.spawn(async move { (nth, of_prefix(&source, prefix).await) });
        }
        match running.join_next().await {
            Some(Ok(read)) => all.push(read),
            Some(Err(error)) => std::panic::resume_unwind(error.into_panic()),
            None => break,
        }
    }
    all.sort_by_key(|(nth, _)| *nth);
    all.into_iter().map(|(_, descriptor)| descriptor).collect()
}

async fn of_prefix(source: &Arc<dyn Store>, prefix: String) -> PrefixDescriptor {
    let described = match load(source, &prefix, true, &Interrupt::default()).await {
        Ok(described) => described,
        Err(no_checks) => {
            let mistakes = no_checks.message().lines().map(str::to_owned).collect();
            return PrefixDescriptor { prefix, descriptor: None, resources: None, warnings: Vec::new(), mistakes };
        }
    };
    let (mut warnings, mut mistakes, mut resources) = (described.warnings().to_vec(), Vec::new(), None);
    if let Kind::Package(package) = &described.kind {
        let count = package.package().resources().len();
        resources = Some(count);
        for index in 0..count.min(RESOURCES) {
            match package.resource(index).await {
                Ok(found) => warnings.extend(found.warnings),
                Err(no_checks) => mistakes.extend(no_checks.message().lines().map(str::to_owned)),
            }
        }
    }
    PrefixDescriptor { prefix, descriptor: Described::descriptor_name(&described), resources, warnings, mistakes }
}

impl PrefixDescriptor {
    /// A cell of the table.
    pub(super) fn cell(&self) -> String {
        let mut parts = vec![match (self.descriptor, self.mistakes.is_empty()) {
            (Some(name), _) => name.to_owned(),
            (None, true) => "none, structure only".to_owned(),
            (None, false) => "mistaken".to_owned(),
        }];
        parts.extend(self.resources.map(|count| counted(count as u64, "resource")));
        let counts = [(self.warnings.len(), "warning"), (self.mistakes.len(), "mistake")];
        parts.extend(counts.iter().filter(|(count, _)| *count > 0).map(|(count, one)| counted(*count as u64, one)));
        parts.join(", ")
    }

    /// Tells warnings and mistakes to the person.
    pub(super) fn tell(&self, terminal: &Terminal) {
        for warning in &self.warnings {
            terminal.warning(warning);
        }
        for mistake in &self.mistakes {
            terminal.warning(&format!("files will fail: {mistake}"));
        }
    }
}
