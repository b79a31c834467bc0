//! The size of a task, and the larger sizes for large files and for tasks that ran out of memory.

use statemachine::fargate::{MemorySizes, cpu_units_in_words};

use super::TaskSize;
use super::reader::Reader;

/// The factor between one size of task and the next larger one.
const STEP: u32 = 4;

/// Reads the size of a task, and adds the larger sizes for large files and for tasks that ran out of memory: each has
/// four times the CPU and the memory of the one before, as far as Fargate and the setting `maxCpu` allow.
pub(super) fn sizes(reader: &mut Reader<'_>) -> Vec<TaskSize> {
    let any = 1..=1_000_000;
    let (cpu, memory) = (reader.number("cpu", 1024, any.clone()), reader.number("memory", 2048, any.clone()));
    match MemorySizes::with_cpu(cpu) {
        None => reader.fault_of("cpu", format!("Fargate has no {cpu} CPU units; it has {}", cpu_units_in_words())),
        Some(sizes) if sizes.iter().any(|size| size == memory) => {}
        Some(sizes) => {
            let sizes = sizes.in_words();
            reader.fault_of(
                "memory",
                format!("a task of {cpu} CPU units cannot have {memory} MiB of memory on Fargate; it can have {sizes}"),
            );
        }
    }
    let most = reader.number("maxCpu", 16_384, any);
    if MemorySizes::with_cpu(most).is_none() {
        reader.fault_of("maxCpu", format!("Fargate has no {most} CPU units; it has {}", cpu_units_in_words()));
    } else if most < cpu {
        reader.fault_of("maxCpu", format!("{most} CPU units are less than the {cpu} that every task has (cpu)"));
    }
    let larger = |size: &TaskSize| size.larger().filter(|larger| larger.cpu <= most);
    std::iter::successors(Some(TaskSize { cpu, memory }), larger).collect()
}

impl TaskSize {
    /// Returns the next larger size that Fargate offers; `None` if there is none.
    fn larger(&self) -> Option<Self> {
        let (cpu, memory) = (self.cpu * STEP, self.memory * STEP);
        let sizes = MemorySizes::with_cpu(cpu)?;
        let memory = sizes.iter().find(|size| *size >= memory).or(sizes.iter().last())?;
        Some(Self { cpu, memory })
    }
}

#[cfg(test)]
mod tests {
    use statemachine::fargate::cpu_units;

    use super::*;

    #[test]
    fn every_larger_size_is_one_that_fargate_has() {
        let sizes_of = |cpu| MemorySizes::with_cpu(cpu).map_or(Vec::new(), |sizes| sizes.iter().collect());
        for cpu in cpu_units() {
            for memory in sizes_of(cpu) {
                for size in std::iter::successors(Some(TaskSize { cpu, memory }), TaskSize::larger) {
                    assert!(sizes_of(size.cpu).contains(&size.memory), "{cpu}:{memory} leads to {size:?}");
                }
            }
        }
        assert_eq!(TaskSize { cpu: 4096, memory: 9216 }.larger(), Some(TaskSize { cpu: 16_384, memory: 40_960 }));
        assert_eq!(TaskSize { cpu: 8192, memory: 16_384 }.larger(), None);
    }
}
