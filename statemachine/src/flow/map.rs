//! Builds Map states, which process each item of a list in the same way. Methods for features that only a
//! Distributed Map has do not exist on an inline Map.

use std::marker::PhantomData;

use serde_json::{Value as Json, json};

use super::{Closed, Flow, Open, Step, state_with_result};
use crate::expression::Path;
use crate::integration::MapRun;
use crate::model::{
    self, ExecutionType, ItemProcessor, ItemReader, Mode, OutputType, ProcessorConfig, ReaderConfig, ReaderInput,
    ResultWriter, State, Transformation, WriterConfig,
};
use crate::name::{Label, StateName};
use crate::resource::Resource;
use crate::shape::Template;
use crate::value::Value;

/// The items are processed in the execution itself.
pub enum Inline {}
/// The items are processed in child executions; `R` is the type of the result of the Map.
pub struct Distributed<R>(PhantomData<R>);

/// A Map without its processor, over items of type `T`; the processor receives each item as an `I`. `M` is
/// [`Inline`] or [`Distributed`].
pub struct Map<M, T, I = T> {
    name: StateName,
    state: model::Map,
    types: PhantomData<(M, T, I)>,
}

/// A Map that is complete, and returns an `R`.
pub struct MapWithProcessor<R> {
    name: StateName,
    state: model::Map,
    gives: PhantomData<fn() -> R>,
}

impl<T> Map<Inline, T> {
    /// A Map over an array, at most 40 items at a time.
    pub fn inline(name: StateName, items: impl Into<Template<Vec<T>>>) -> Self {
        let state = model::Map { items: Some(items.into().into_json()), ..model::Map::default() };
        Self { name, state, types: PhantomData }
    }
}

impl<T> Map<Distributed<Vec<Json>>, T> {
    /// A Map over the lines of an object in S3, each the JSON of a `T`.
    pub fn over_json_lines(
        name: StateName,
        label: Label,
        bucket: impl Into<Value<String>>,
        key: impl Into<Value<String>>,
    ) -> Self {
        let reader = ItemReader {
            resource: Resource::S3_GET_OBJECT.any(),
            reader_config: Some(ReaderConfig { input_type: Some(ReaderInput::Jsonl), max_items: None }),
            arguments: Some(json!({ "Bucket": bucket.into(), "Key": key.into() })),
        };
        let config = ProcessorConfig { mode: Mode::Distributed, execution_type: Some(ExecutionType::Standard) };
        let state = model::Map {
            label: Some(label),
            item_reader: Some(reader),
            item_processor: ItemProcessor { processor_config: config, ..ItemProcessor::default() },
            ..model::Map::default()
        };
        Self { name, state, types: PhantomData }
    }

    /// Writes the results of the items to S3, a line for each, and returns their place instead.
    pub fn writing_json_lines(
        mut self,
        bucket: impl Into<Value<String>>,
        prefix: impl Into<Value<String>>,
    ) -> Map<Distributed<MapRun>, T> {
        self.state.result_writer = Some(ResultWriter {
            resource: Resource::S3_PUT_OBJECT.any(),
            writer_config: Some(WriterConfig {
                transformation: Some(Transformation::Compact),
                output_type: Some(OutputType::Jsonl),
            }),
            arguments: Some(json!({ "Bucket": bucket.into(), "Prefix": prefix.into() })),
        });
        Map { name: self.name, state: self.state, types: PhantomData }
    }
}

impl<R, T, I> Map<Distributed<R>, T, I> {
    /// Lets up to this percentage of the items fail without failing the Map.
    pub fn tolerating_percent(mut self, percent: impl Into<Value<u64>>) -> Self {
        self.state.tolerated_failure_percentage = Some(percent.into());
        self
    }

    /// Sets the processor of each item, which cannot read the variables of the state machine.
    pub fn each(mut self, processor: impl FnOnce(Path<I>) -> Flow<Closed>) -> MapWithProcessor<R> {
        (self.state.item_processor.start_at, self.state.item_processor.states) = processor(Path::input()).parts();
        MapWithProcessor { name: self.name, state: self.state, gives: PhantomData }
    }
}

impl<T, I> Map<Inline, T, I> {
    /// Sets the processor of each item.
    pub fn each(mut self, processor: impl FnOnce(Path<I>) -> Flow<Closed>) -> MapWithProcessor<Vec<Json>> {
        (self.state.item_processor.start_at, self.state.item_processor.states) = processor(Path::input()).parts();
        MapWithProcessor { name: self.name, state: self.state, gives: PhantomData }
    }
}

impl<M, T> Map<M, T> {
    /// Sets the input of the processor, built from an item.
    pub fn selecting<I>(mut self, input: impl FnOnce(Path<T>) -> Template<I>) -> Map<M, T, I> {
        self.state.item_selector = Some(input(Path::map_item()).into_json());
        Map { name: self.name, state: self.state, types: PhantomData }
    }
}

impl<M, T, I> Map<M, T, I> {
    /// Sets the largest number of items that are processed at a time.
    pub fn at_a_time(mut self, items: impl Into<Value<u64>>) -> Self {
        self.state.max_concurrency = Some(items.into());
        self
    }
}

state_with_result!([R] MapWithProcessor<R>, R);

impl<R> Step for MapWithProcessor<R> {
    type Ending = Open;
    fn into_state(self) -> (StateName, State) {
        (self.name, State::Map(Box::new(self.state)))
    }
}
