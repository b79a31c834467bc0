//! However the ranges are cut, put back and answered, the plan is the same as a plan made from all keys at once.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;

use super::*;
use crate::key::{INCOMING, OWN, check_name};
use crate::store::hooked::{Before, HookedStore};
use crate::store::{Entry, Listing, Object, Scope, StoreFuture};

/// Lets pages arrive in another order than they were requested in, some of them after a refusal.
#[derive(Clone, Debug)]
struct Jitter {
    asked: Arc<AtomicU64>,
    seed: u64,
    parallel: usize,
}

struct JitteryListing {
    inner: Box<dyn Listing>,
    asked: Arc<AtomicU64>,
    seed: u64,
}

impl Listing for JitteryListing {
    fn page(&mut self) -> StoreFuture<'_, Vec<Entry>> {
        Box::pin(async move {
            let mut random = DefaultHasher::new();
            (self.seed, self.asked.fetch_add(1, Ordering::Relaxed)).hash(&mut random);
            let random = random.finish();
            for _ in 0..random % 7 {
                tokio::task::yield_now().await;
            }
            if (random / 7).is_multiple_of(16) {
                return Err(StoreError::Busy { at: String::new(), reason: "drill".to_owned() });
            }
            self.inner.page().await
        })
    }

    fn ended(&self) -> bool {
        self.inner.ended()
    }
}

impl Before for Jitter {
    fn around_listing(&self, inner: Box<dyn Listing>) -> Box<dyn Listing> {
        Box::new(JitteryListing { inner, asked: Arc::clone(&self.asked), seed: self.seed })
    }

    fn parallel_listings(&self) -> usize {
        self.parallel
    }
}

/// The content of a plan that tests compare.
#[derive(Debug, Default, PartialEq)]
struct Said {
    /// Key of each file, and whether it is checked again.
    files: Vec<(String, bool)>,
    prefixes: Vec<PrefixPlan>,
    ignored: IgnoredKeys,
}

/// Computes the plan from all objects at once.
fn expected(objects: &[Object]) -> Said {
    let records: BTreeMap<&str, &Object> = objects.iter().map(|object| (object.key.as_str(), object)).collect();
    let mut said = Said::default();
    let mut prefixes: BTreeMap<String, PrefixPlan> = BTreeMap::new();
    let mut files = BTreeMap::new();
    for object in objects.iter().filter(|object| !object.key.starts_with(OWN)) {
        let Some((prefix, name)) = object.key.split_once(INCOMING) else {
            if object.key.starts_with("incoming/") {
                said.ignored.add(Ignored::NoPrefix, &object.key);
            }
            continue;
        };
        if let Err(reason) = check_prefix(prefix) {
            said.ignored.add(reason, &object.key);
            continue;
        }
        let of_prefix = prefixes.entry(format!("{prefix}{INCOMING}")).or_default();
        of_prefix.prefix = prefix.to_owned();
        if let Err(reason) = check_name(prefix, name, &object.etag) {
            said.ignored.add(reason, &object.key);
            continue;
        }
        let record = ledger_key(&object.key, &object.etag);
        let folder = format!("{}/", &record[..record.rfind('/').unwrap()]);
        let latest = records
            .range(folder.as_str()..)
            .take_while(|(key, _)| key.starts_with(&folder))
            .filter(|(key, _)| !key[folder.len()..].contains('/'))
            .max_by_key(|(_, record)| record.last_modified);
        let done = records.contains_key(record.as_str());
        if done && latest.is_some_and(|(key, _)| *key == record) {
            of_prefix.done += 1;
        } else {
            of_prefix.files += 1;
            of_prefix.bytes += object.bytes;
            files.insert(record, (object.key.clone(), done));
        }
    }
    said.files = files.into_values().collect();
    said.prefixes = prefixes.into_values().collect();
    said
}

async fn said(
    (memory, store): (&MemoryStore, &HookedStore<Jitter>),
    forced: Option<Vec<String>>,
    budget: usize,
) -> Said {
    let request = Request::default();
    let mut said = Said::default();
    let plan = Plan::without_files(RunId("run".to_owned()), String::new());
    let mut each = |prefix: &PrefixPlan| said.prefixes.push(prefix.clone());
    let mut lister = Lister::new(store, &[], false);
    lister.boundaries.forced = forced;
    (lister.budget, lister.pause) = (budget, std::time::Duration::ZERO);
    let mut each_task = |_: &Task| {};
    let output = Output::new(store, &request, Mode::Write, plan, Listeners { prefix: &mut each, task: &mut each_task });
    let plan = made(lister, output, None).await.unwrap();
    if plan.files > 0 {
        let files = files_of(memory, &plan);
        assert_eq!(files.len(), 1);
        let text = memory.contents()[&plan.run_id.files_key()].clone();
        said.files = lines::<FileLine>(&text).into_iter().map(|line| (line.key, line.force)).collect();
    }
    said.ignored = plan.ignored;
    said
}

async fn objects(store: &MemoryStore) -> Vec<Object> {
    let mut listing = store.list(Scope::default());
    let mut objects = Vec::new();
    loop {
        let page = listing.page().await.unwrap();
        if page.is_empty() {
            return objects;
        }
        objects.extend(page.into_iter().map(|entry| match entry {
            Entry::Object(object) => object,
            other => panic!("{other:?}"),
        }));
    }
}

/// Keys of few characters around `/` that make trouble: many are beginnings of others.
fn keys() -> impl Strategy<Value = Vec<String>> {
    let key = "(a|b|a/b|_sluice-|_sluice/a|zü|clean|)(/incoming|/)/?[a.0!/-]{0,3}(\\.csv|\\.Csv\\.gz|\\.txt|)(/incoming)?([/.0-]x?\\.psv)?";
    prop::collection::vec(key.prop_filter("a key", |key: &String| !key.is_empty()), 0..60)
}

proptest! {
    #[test]
    fn the_plan_does_not_depend_on_ranges_budget_and_answers(
        keys in keys(),
        done in prop::collection::vec((any::<prop::sample::Index>(), prop::option::of("[0a!-]{1,2}")), 0..60),
        boundaries in prop::option::of(prop::collection::vec((any::<prop::sample::Index>(), 0..4_usize, "[.0!/-]{0,2}"), 1..40)),
        budget in prop::sample::select(vec![0, 600, 2_000, 10_000, usize::MAX / 2]),
        parallel in prop::sample::select(vec![1, 2, 8, 64]),
        seed in any::<u64>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (found, expected) = runtime.block_on(async {
            let inner = MemoryStore::new();
            for key in &keys {
                put(&inner, key, key).await;
            }
            if !keys.is_empty() {
                for (index, version) in &done {
                    let key = index.get(&keys);
                    let version = match version {
                        Some(version) => version.clone(),
                        None => inner.head(key).await.unwrap().etag,
                    };
                    put(&inner, &ledger_key(key, &version), &record()).await;
                }
            }
            // Boundaries near the keys, where their place matters.
            let boundaries = boundaries.filter(|_| !keys.is_empty()).map(|boundaries| {
                let boundary = |(index, less, more): (prop::sample::Index, usize, String)| {
                    let key = index.get(&keys);
                    let kept: String = key.chars().take(key.chars().count().saturating_sub(less)).collect();
                    kept + &more
                };
                boundaries.into_iter().map(boundary).collect()
            });
            let expected = expected(&objects(&inner).await);
            let store = HookedStore::new(inner.clone(), Jitter { asked: Arc::default(), seed, parallel });
            (said((&inner, &store), boundaries, budget).await, expected)
        });
        prop_assert_eq!(found, expected);
    }
}
