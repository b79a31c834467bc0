//! The Map state, inline and distributed.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Assign, Catch, Retry, States, object};
use crate::name::{Label, StateName};
use crate::resource::{AnyPattern, Resource};
use crate::value::Value;

object! {
    /// The Map state: processes each item of a list in the same way.
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/state-map.html>
    pub struct Map {
        /// The purpose of the state.
        pub comment: Option<String>,
        /// The name under which the child executions appear. Distributed only.
        pub label: Option<Label>,
        /// The items: an array, or an expression that returns one.
        pub items: Option<Json>,
        /// Where the items are read from. Distributed only.
        pub item_reader: Option<ItemReader>,
        /// The input of the processor, built from an item.
        pub item_selector: Option<Json>,
        /// The batching of items. Distributed only.
        pub item_batcher: Option<ItemBatcher>,
        /// Most items at a time; 0 means that the Map sets no limit.
        pub max_concurrency: Option<Value<u64>>,
        /// The number of items that may fail. Distributed only.
        pub tolerated_failure_count: Option<Value<u64>>,
        /// The percentage of items that may fail. Distributed only.
        pub tolerated_failure_percentage: Option<Value<u64>>,
        /// The processor of each item.
        pub item_processor: ItemProcessor,
        /// Where the results are written. Distributed only.
        pub result_writer: Option<ResultWriter>,
        /// Retries of the whole Map.
        pub retry: Vec<Retry>,
        /// Where to go on after an error.
        pub catch: Vec<Catch>,
        /// Variables set from the result.
        pub assign: Assign,
        /// The input of the next state.
        pub output: Option<Json>,
        /// The next state.
        pub next: Option<StateName>,
        /// Whether the state is the last of its flow.
        pub end: Option<bool>,
    }

    /// The processor of a [`Map`].
    pub struct ItemProcessor {
        /// Where the items are processed.
        pub processor_config: ProcessorConfig,
        /// The first state.
        pub start_at: StateName,
        /// The states.
        pub states: States,
    }

    /// Where the items of a [`Map`] are processed.
    pub struct ProcessorConfig {
        /// Whether items are processed in the execution itself or in child executions.
        pub mode: Mode,
        /// The kind of the child executions. Distributed only.
        pub execution_type: Option<ExecutionType>,
    }

    /// Where the items of a [`Map`] come from.
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html>
    pub struct ItemReader {
        /// The service from which the items are read.
        pub resource: Resource<AnyPattern>,
        /// The format of the items.
        pub reader_config: Option<ReaderConfig>,
        /// Bucket and key, or bucket and prefix.
        pub arguments: Option<Json>,
    }

    /// How the items of a [`Map`] are read.
    pub struct ReaderConfig {
        /// The format of the object; absent for a listing.
        pub input_type: Option<ReaderInput>,
        /// Most items that are read, 1 to 100,000,000.
        pub max_items: Option<Value<u64>>,
    }

    /// How the items of a [`Map`] are grouped into batches.
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html>
    pub struct ItemBatcher {
        /// Most items in a batch.
        pub max_items_per_batch: Option<Value<u64>>,
        /// Most bytes of a batch, up to 262,144.
        pub max_input_bytes_per_batch: Option<Value<u64>>,
        /// The input of each batch besides its items.
        pub batch_input: Option<Json>,
    }

    /// Where the results of a [`Map`] go: a manifest, and files of results by their outcome.
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html>
    pub struct ResultWriter {
        /// The service that stores the results.
        pub resource: Resource<AnyPattern>,
        /// The format of the results.
        pub writer_config: Option<WriterConfig>,
        /// Bucket and prefix.
        pub arguments: Option<Json>,
    }

    /// How the results of a [`Map`] are written.
    pub struct WriterConfig {
        /// Which part of the results is written.
        pub transformation: Option<Transformation>,
        /// In which format the results are written.
        pub output_type: Option<OutputType>,
    }
}

/// Where a [`Map`] processes its items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Mode {
    /// In the execution itself: at most 40 items at a time, and all their events within its 25,000 history
    /// events.
    #[default]
    Inline,
    /// Each item in a child execution: up to 10,000 at a time.
    Distributed,
}

/// The kind of the child executions of a [`Map`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ExecutionType {
    /// Each child execution runs exactly once, for up to a year.
    Standard,
    /// Each child execution runs at least once, for up to five minutes, and without callbacks.
    Express,
}

/// The format of an object that a [`Map`] reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "formats by their names")]
pub enum ReaderInput {
    Csv,
    Json,
    Jsonl,
    Parquet,
    Manifest,
}

/// The part of a [`Map`]'s results that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Transformation {
    /// Outputs with the metadata of their executions.
    None,
    /// Outputs as they are.
    Compact,
    /// Outputs, with arrays flattened by one level.
    Flatten,
}

/// The format of a [`Map`]'s results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum OutputType {
    /// One array.
    Json,
    /// One line for each result.
    Jsonl,
}
