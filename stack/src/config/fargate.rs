//! The sizes of tasks that Fargate has:
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html>

/// CPU units, and with them the least memory, the most, and the step between, in MiB.
const SIZES: [(u32, u32, u32, u32); 7] = [
    (256, 512, 2048, 0),
    (512, 1024, 4096, 1024),
    (1024, 2048, 8192, 1024),
    (2048, 4096, 16_384, 1024),
    (4096, 8192, 30_720, 1024),
    (8192, 16_384, 61_440, 4096),
    (16_384, 32_768, 122_880, 8192),
];

/// The sizes of memory that go with this much CPU; none if there is no such CPU.
pub(super) fn sizes_for(cpu: u32) -> Option<Sizes> {
    let (_, least, most, step) = *SIZES.iter().find(|size| size.0 == cpu)?;
    Some(Sizes { next: Some(least), most, step })
}

/// Sizes of memory, ascending.
#[derive(Clone)]
pub(super) struct Sizes {
    next: Option<u32>,
    most: u32,
    /// 0: each is twice the one before.
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

/// In words, for a message.
pub(super) fn describe(sizes: Sizes) -> String {
    match sizes.step {
        0 => list(sizes.map(|size| size.to_string()).collect()),
        step => format!("{} to {} in steps of {step}", sizes.next.unwrap_or_default(), sizes.most),
    }
}

/// All amounts of CPU, in words.
pub(super) fn cpus() -> String {
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
}
