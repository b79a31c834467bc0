//! The sizes of tasks that Fargate offers:
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html>

use super::TaskSize;
use super::reader::Reader;

/// CPU units, then the least memory, the most memory, and the step between sizes of memory, in MiB; see [`Sizes::step`]
/// for a step of 0.
const SIZES: [(u32, u32, u32, u32); 7] = [
    (256, 512, 2048, 0),
    (512, 1024, 4096, 1024),
    (1024, 2048, 8192, 1024),
    (2048, 4096, 16_384, 1024),
    (4096, 8192, 30_720, 1024),
    (8192, 16_384, 61_440, 4096),
    (16_384, 32_768, 122_880, 8192),
];

/// The factor between one size of task and the next larger one.
const STEP: u32 = 4;

/// Reads the size of a task, and adds the larger sizes for large files and for tasks that ran out of memory: each has
/// four times the CPU and the memory of the one before, as far as Fargate and the setting `maxCpu` allow.
pub(super) fn sizes(reader: &mut Reader<'_>) -> Vec<TaskSize> {
    let any = 1..=1_000_000;
    let (cpu, memory) = (reader.number("cpu", 1024, any.clone()), reader.number("memory", 2048, any.clone()));
    match sizes_for(cpu) {
        None => reader.fault_of("cpu", format!("Fargate has no {cpu} CPU units; it has {}", cpus())),
        Some(sizes) if sizes.clone().any(|size| size == memory) => {}
        Some(sizes) => {
            let sizes = describe(sizes);
            reader.fault_of("memory", format!("{memory} MiB do not go with {cpu} CPU units on Fargate; {sizes} do"));
        }
    }
    let most = reader.number("maxCpu", 16_384, any);
    if sizes_for(most).is_none() {
        reader.fault_of("maxCpu", format!("Fargate has no {most} CPU units; it has {}", cpus()));
    } else if most < cpu {
        reader.fault_of("maxCpu", format!("{most} CPU units are less than the {cpu} that a task has anyway (cpu)"));
    }
    let larger = |size: &TaskSize| size.larger().filter(|larger| larger.cpu <= most);
    std::iter::successors(Some(TaskSize { cpu, memory }), larger).collect()
}

impl TaskSize {
    /// Returns the next larger size that Fargate offers; `None` if there is none.
    fn larger(&self) -> Option<Self> {
        let (cpu, memory) = (self.cpu * STEP, self.memory * STEP);
        let sizes = sizes_for(cpu)?;
        let memory = sizes.clone().find(|size| *size >= memory).or(sizes.last())?;
        Some(Self { cpu, memory })
    }
}

/// Returns the sizes of memory that Fargate offers for this number of CPU units; `None` if it does not offer this
/// number.
fn sizes_for(cpu: u32) -> Option<Sizes> {
    let (_, least, most, step) = *SIZES.iter().find(|size| size.0 == cpu)?;
    Some(Sizes { next: Some(least), most, step })
}

/// Sizes of memory, ascending.
#[derive(Clone)]
struct Sizes {
    next: Option<u32>,
    most: u32,
    /// The step between two sizes in MiB; 0 means that each size is twice the one before.
    step: u32,
}

impl Iterator for Sizes {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let size = self.next?;
        let following = size + if self.step == 0 { size } else { self.step };
        self.next = (following <= self.most).then_some(following);
        Some(size)
    }
}

/// Describes the sizes in words, for a message.
fn describe(sizes: Sizes) -> String {
    match sizes.step {
        0 => list(sizes.map(|size| size.to_string()).collect()),
        step => format!("{} to {} in steps of {step}", sizes.next.unwrap_or_default(), sizes.most),
    }
}

/// All numbers of CPU units, in words.
fn cpus() -> String {
    list(SIZES.iter().map(|size| size.0.to_string()).collect())
}

fn list(mut words: Vec<String>) -> String {
    let last = words.pop().unwrap_or_default();
    format!("{} and {last}", words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_task_doubles_its_memory() {
        assert_eq!(sizes_for(256).map(Iterator::collect::<Vec<_>>), Some(vec![512, 1024, 2048]));
    }

    #[test]
    fn every_table_ends_at_its_most() {
        for (cpu, _, most, _) in SIZES {
            assert_eq!(sizes_for(cpu).and_then(Iterator::last), Some(most), "{cpu}");
        }
    }

    #[test]
    fn every_larger_size_is_one_that_fargate_has() {
        for (cpu, ..) in SIZES {
            for memory in sizes_for(cpu).into_iter().flatten() {
                for size in std::iter::successors(Some(TaskSize { cpu, memory }), TaskSize::larger) {
                    let memories: Vec<u32> = sizes_for(size.cpu).into_iter().flatten().collect();
                    assert!(memories.contains(&size.memory), "{cpu}:{memory} leads to {size:?}");
                }
            }
        }
        assert_eq!(TaskSize { cpu: 4096, memory: 9216 }.larger(), Some(TaskSize { cpu: 16_384, memory: 40_960 }));
        assert_eq!(TaskSize { cpu: 8192, memory: 16_384 }.larger(), None);
    }
}
