//! The sizes of tasks that Fargate offers:
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html>.

/// The sizes of memory that a task with a certain number of CPU units can have, in MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemorySizes {
    least: u32,
    most: u32,
    step: Step,
}

/// How a size of memory follows from the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Doubled,
    Plus(u32),
}

/// The sizes by number of CPU units; 1024 units are one vCPU.
const SIZES: [(u32, MemorySizes); 7] = [
    (256, MemorySizes { least: 512, most: 2048, step: Step::Doubled }),
    (512, MemorySizes { least: 1024, most: 4096, step: Step::Plus(1024) }),
    (1024, MemorySizes { least: 2048, most: 8192, step: Step::Plus(1024) }),
    (2048, MemorySizes { least: 4096, most: 16_384, step: Step::Plus(1024) }),
    (4096, MemorySizes { least: 8192, most: 30_720, step: Step::Plus(1024) }),
    (8192, MemorySizes { least: 16_384, most: 61_440, step: Step::Plus(4096) }),
    (16_384, MemorySizes { least: 32_768, most: 122_880, step: Step::Plus(8192) }),
];

/// Returns the numbers of CPU units that Fargate offers, ascending.
pub fn cpu_units() -> impl Iterator<Item = u32> {
    SIZES.iter().map(|(cpu, _)| *cpu)
}

/// Returns the numbers of CPU units that Fargate offers in words, for a message.
pub fn cpu_units_in_words() -> String {
    list(cpu_units(), "and")
}

impl MemorySizes {
    /// Returns the sizes for this number of CPU units; `None` if Fargate does not offer it.
    pub fn with_cpu(cpu: u32) -> Option<Self> {
        SIZES.iter().find_map(|(offered, sizes)| (*offered == cpu).then_some(*sizes))
    }

    /// Returns the sizes in MiB, ascending.
    pub fn iter(self) -> impl Iterator<Item = u32> {
        let next = move |size: &u32| match self.step {
            Step::Doubled => Some(size * 2),
            Step::Plus(step) => Some(size + step),
        };
        std::iter::successors(Some(self.least), next).take_while(move |size| *size <= self.most)
    }

    /// Returns the sizes in words, for a message.
    pub fn in_words(self) -> String {
        match self.step {
            Step::Doubled => list(self.iter(), "or"),
            Step::Plus(step) => format!("{} to {} in steps of {step}", self.least, self.most),
        }
    }
}

/// Returns a list of numbers in words; `conjunction` stands before the last one.
fn list(numbers: impl Iterator<Item = u32>, conjunction: &str) -> String {
    let mut words: Vec<String> = numbers.map(|number| number.to_string()).collect();
    let last = words.pop().unwrap_or_default();
    format!("{} {conjunction} {last}", words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sizes_are_those_of_the_documentation() {
        let gigabytes = |first: u32, last: u32, step: usize| -> Vec<u32> {
            (first..=last).step_by(step).map(|size| size * 1024).collect()
        };
        let documented = [
            (256, vec![512, 1024, 2048]),
            (512, gigabytes(1, 4, 1)),
            (1024, gigabytes(2, 8, 1)),
            (2048, gigabytes(4, 16, 1)),
            (4096, gigabytes(8, 30, 1)),
            (8192, gigabytes(16, 60, 4)),
            (16_384, gigabytes(32, 120, 8)),
        ];
        assert_eq!(cpu_units().collect::<Vec<_>>(), documented.each_ref().map(|(cpu, _)| *cpu));
        for (cpu, sizes) in documented {
            assert_eq!(MemorySizes::with_cpu(cpu).map(|offered| offered.iter().collect()), Some(sizes), "{cpu}");
        }
        for other in [0, 128, 1000, 32_768] {
            assert_eq!(MemorySizes::with_cpu(other), None, "{other}");
        }
    }

    #[test]
    fn sizes_are_listed_or_described_by_their_step() {
        let words = |cpu| MemorySizes::with_cpu(cpu).map(|sizes| sizes.in_words());
        assert_eq!(words(256).as_deref(), Some("512, 1024 or 2048"));
        assert_eq!(words(8192).as_deref(), Some("16384 to 61440 in steps of 4096"));
    }
}
