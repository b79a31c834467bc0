//! Compares the files of a range with the records of the ledger, to find the new files.

use std::collections::VecDeque;

use super::boundary::undivided;
use super::cursor::{Cursor, Listed};
use crate::key::{INCOMING, Ignored, IgnoredKeys, LEDGER, OWN, check_name, check_prefix};
use crate::ledger::{InLedgerOrder, Judgement, Recorded, Records, Standing, Versions};
use crate::store::{Entry, Object};

/// Maximum number of files in a group; further files are in the next group.
const GROUP: usize = 1000;

/// A file to check.
#[derive(Debug)]
pub(super) struct NewFile {
    pub(super) object: Object,
    /// Whether the file is checked although it has a record.
    pub(super) force: bool,
    /// See [`crate::task::FileLine::replaces`].
    pub(super) replaces: bool,
}

/// Files that were found for a prefix; neighbouring groups may belong to the same prefix.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) prefix: String,
    pub(super) files: Vec<NewFile>,
    /// Number of files that the ledger has.
    pub(super) done: u64,
    weight: usize,
}

/// Files found in a range that were not passed on yet.
#[derive(Debug, Default)]
pub(super) struct FoundFiles {
    pub(super) groups: VecDeque<Group>,
    pub(super) ignored: IgnoredKeys,
    weight: usize,
}

impl FoundFiles {
    /// Returns about how much memory the found files take, in bytes.
    pub(super) fn weight(&self) -> usize {
        self.weight
    }

    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.ignored.0.is_empty()
    }

    /// Removes and returns the first groups, until they take about this much memory.
    pub(super) fn take(&mut self, weight: usize) -> Self {
        let mut taken = Self { ignored: std::mem::take(&mut self.ignored), ..Self::default() };
        while taken.weight < weight
            && let Some(group) = self.groups.pop_front()
        {
            self.weight -= group.weight;
            taken.weight += group.weight;
            taken.groups.push_back(group);
        }
        taken
    }

    fn group(&mut self, prefix: &str) -> &mut Group {
        let fits = |group: &Group| group.prefix == prefix && group.files.len() < GROUP;
        if !self.groups.back().is_some_and(fits) {
            let weight = size_of::<Group>() + prefix.len();
            self.weight += weight;
            self.groups.push_back(Group { prefix: prefix.to_owned(), weight, ..Group::default() });
        }
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }

    fn add(&mut self, file: Object, standing: Standing) {
        let prefix = &file.key[..file.key.find(INCOMING).unwrap_or(0)];
        let group = self.group(prefix);
        if matches!(standing, Standing::Done | Standing::Damaged) {
            group.done += 1;
            return;
        }
        let weight = file.weight();
        group.files.push(NewFile {
            object: file,
            force: standing == Standing::Superseded,
            replaces: standing != Standing::New,
        });
        group.weight += weight;
        self.weight += weight;
    }
}

/// The input without which a merge cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// A page of the source.
    Source,
    /// A page of the ledger.
    Ledger,
    /// The standing of a version, for [`MergeJoin::judged`].
    Versions(Versions),
    /// Nothing: the merge is complete.
    Nothing,
}

/// A merge join of the two sorted listings of a range: files of the source, and records of the ledger.
#[derive(Debug, Default)]
pub(super) struct MergeJoin {
    order: InLedgerOrder,
    records: Records,
    /// The file being looked up.
    judged: Option<Recorded>,
    /// The entry that was reached last: the files that sort before it are looked up first.
    reached: Option<Entry>,
    ended: bool,
    looked_up: usize,
}

impl MergeJoin {
    /// Merges until another input is needed. With `force` all files count as superseded, and no records are read.
    pub(super) fn run(
        &mut self,
        source: &mut Cursor<Entry>,
        ledger: &mut Cursor<Object>,
        found: &mut FoundFiles,
        force: bool,
    ) -> Need {
        loop {
            if self.judged.is_none() {
                self.judged = self.order.next();
            }
            if let Some(Recorded { record, file }) = &self.judged {
                let ended = ledger.ended();
                let judgement = match force {
                    true => Judgement::Stands(Standing::Superseded),
                    false => self.records.standing(&mut ledger.ahead, ended, record),
                };
                match judgement {
                    Judgement::Stands(standing) => self.judged(standing, found),
                    Judgement::Versions(versions) => return Need::Versions(versions),
                    Judgement::More => {
                        ledger.skip_to(format!("{LEDGER}{}", undivided(&file.key).unwrap_or("")));
                        return Need::Ledger;
                    }
                }
            } else if let Some(entry) = self.reached.take() {
                self.put(entry, found);
            } else if let Some(entry) = source.ahead.pop_front() {
                // A name that is not UTF-8 is shown in another form, which sorts elsewhere.
                if !matches!(entry, Entry::Ignored(Ignored::NotUtf8, _)) {
                    self.order.reach(entry.key());
                }
                self.reached = Some(entry);
            } else if !source.ended() {
                return Need::Source;
            } else if self.ended {
                return Need::Nothing;
            } else {
                self.order.end();
                self.ended = true;
            }
        }
    }

    /// Returns the number of files that were looked up since the last call.
    pub(super) fn looked_up(&mut self) -> usize {
        std::mem::take(&mut self.looked_up)
    }

    /// Takes the standing of the file that is being looked up.
    pub(super) fn judged(&mut self, standing: Standing, found: &mut FoundFiles) {
        if let Some(Recorded { record, file }) = self.judged.take() {
            self.looked_up += 1;
            if standing == Standing::Damaged {
                found.ignored.add(Ignored::DamagedRecord, &record);
            }
            found.add(file, standing);
        }
    }

    /// Adds a data file to the files in ledger order, counts a key that is not accepted, and ignores any other key.
    fn put(&mut self, entry: Entry, found: &mut FoundFiles) {
        let key = entry.key();
        if key.starts_with(OWN) {
            return;
        }
        let own_reason = match &entry {
            Entry::Ignored(reason, _) => Some(*reason),
            _ => None,
        };
        let Some(prefix) = key.find(INCOMING).map(|at| &key[..at]) else {
            match own_reason {
                Some(reason) => found.ignored.add(reason, key),
                None if key.starts_with(&INCOMING[1..]) => found.ignored.add(Ignored::NoPrefix, key),
                None => {}
            }
            return;
        };
        if let Err(reason) = check_prefix(prefix) {
            found.ignored.add(reason, key);
            return;
        }
        let ignored = match &entry {
            Entry::Object(object) => check_name(prefix, &key[prefix.len() + INCOMING.len()..], &object.etag).err(),
            _ => own_reason,
        };
        match (ignored, entry) {
            (None, Entry::Object(object)) => self.order.wait(object),
            (Some(Ignored::NotUtf8), entry) => found.ignored.add(Ignored::NotUtf8, entry.key()),
            (Some(reason), entry) => {
                found.ignored.add(reason, entry.key());
                // A prefix without accepted files is a prefix nevertheless.
                let prefix = &entry.key()[..entry.key().find(INCOMING).unwrap_or(0)];
                found.group(prefix);
            }
            (None, Entry::Prefix(_) | Entry::Ignored(..)) => {}
        }
    }
}
