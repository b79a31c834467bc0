//! What AWS does with the tasks of a run, event by event: launches, quotas, Spot, and the bill.
//!
//! The rules are those of AWS's documentation (`docs/scale.md` names the pages) and of the state machine: an attempt is on Spot by
//! chance, every further one on demand; a launch that finds no room is tried again after a pause by chance.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use sluice::cost::TaskTime;
use sluice::cost::rules::{LAUNCHES_PER_SECOND, TRANSITIONS_OF_ATTEMPT, TRANSITIONS_OF_TASK};
use sluice::plan::TaskSize;

use crate::container::Moment;
use crate::random::Random;

/// Seconds from the answer to `RunTask` until the program runs.
const LAUNCH: Range<f64> = 45.0..60.0;

/// Seconds until the Map has read its items and started its first children.
const MAP_STARTS: f64 = 3.0;

/// Seconds after which a container that has ended counts no more against the quota.
const STOPPING: f64 = 15.0;

/// Seconds until the end of a worker has come through, and the next child begins.
const TOLD: f64 = 1.0;

/// The first pause after a launch that found no room; each next one may be twice as long, up to the longest.
const PAUSE: f64 = 5.0;
const LONGEST_PAUSE: f64 = 180.0;

/// Launches without room after which an attempt is on demand.
const SPOT_LAUNCHES: u32 = 6;

/// Share of what a worker has done that is done for good when Spot takes it away: files on their way are begun again.
const KEPT: f64 = 0.97;

/// An account, as it stands on the day of the run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Account {
    /// Quota of vCPUs, for on demand and for Spot each.
    pub(crate) vcpus: f64,
    /// Second from which on Spot has capacity.
    pub(crate) spot_from: f64,
    /// How often in an hour Spot takes a container away.
    pub(crate) taken_per_hour: f64,
    /// Events that EventBridge takes in a second: 10,000 in the large regions, 400 in the small ones
    /// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html>).
    pub(crate) events_per_second: f64,
}

impl Default for Account {
    /// An account that has been used for a while.
    fn default() -> Self {
        Self { vcpus: 1000.0, spot_from: 0.0, taken_per_hour: 0.05, events_per_second: 10_000.0 }
    }
}

/// A task for the model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    pub(crate) size: TaskSize,
    /// Seconds that its program needs when nobody takes it away.
    pub(crate) seconds: f64,
    /// An attempt goes on where the one before was: there are many files.
    pub(crate) goes_on: bool,
}

/// What became of the tasks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ended {
    /// From the start of the Map to the end of its last child.
    pub(crate) seconds: f64,
    pub(crate) on_demand: TaskTime,
    pub(crate) spot: TaskTime,
    pub(crate) transitions: u64,
    /// Launches that found no room.
    pub(crate) refused: u64,
    /// Containers that Spot took away.
    pub(crate) taken: u64,
    /// Most vCPUs at once.
    pub(crate) most_vcpus: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Capacity {
    OnDemand,
    Spot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A child asks for a container.
    Launch(usize),
    /// A container has ended, with its work or without.
    Ended { child: usize, capacity: Capacity, taken: bool, ran: Moment },
    /// Its vCPUs are free again.
    Stopped { child: usize, capacity: Capacity },
    /// The next child begins.
    Next,
}

#[derive(Clone, Copy, Debug)]
struct Child {
    work: Work,
    left: f64,
    attempt: u32,
    launches: u32,
}

struct Model<'a> {
    account: Account,
    spot_share: f64,
    random: &'a mut Random,
    events: BinaryHeap<Reverse<(Moment, u64, Event)>>,
    count: u64,
    children: Vec<Child>,
    begun: usize,
    /// vCPUs in use: on demand, on Spot.
    used: [f64; 2],
    /// Launches that may be asked for at once, and when that was counted.
    allowance: (f64, f64),
    ended: Ended,
}

/// Runs the tasks, at most `concurrency` at a time; `spot_percent` of their first attempts on Spot.
pub(crate) fn run(tasks: &[Work], account: Account, concurrency: u64, spot_percent: u8, random: &mut Random) -> Ended {
    let child = |work: &Work| Child { work: *work, left: work.seconds, attempt: 0, launches: 0 };
    let mut model = Model {
        account,
        spot_share: f64::from(spot_percent) / 100.0,
        random,
        events: BinaryHeap::new(),
        count: 0,
        children: tasks.iter().map(child).collect(),
        begun: 0,
        used: [0.0; 2],
        allowance: (LAUNCHES_PER_SECOND, 0.0),
        ended: Ended::default(),
    };
    for _ in 0..concurrency.min(tasks.len() as u64) {
        model.at(MAP_STARTS, Event::Next);
    }
    while let Some(Reverse((Moment(now), _, event))) = model.events.pop() {
        match event {
            Event::Next => model.next(now),
            Event::Launch(child) => model.launch(now, child),
            Event::Ended { child, capacity, taken, ran } => model.end((now, child), capacity, taken, ran.0),
            Event::Stopped { child, capacity } => {
                model.used[capacity as usize] -= model.children[child].work.size.vcpus();
            }
        }
    }
    model.ended
}

impl Model<'_> {
    fn at(&mut self, moment: f64, event: Event) {
        self.count += 1;
        self.events.push(Reverse((Moment(moment), self.count, event)));
    }

    fn next(&mut self, now: f64) {
        if self.begun < self.children.len() {
            self.ended.transitions += TRANSITIONS_OF_TASK;
            self.at(now, Event::Launch(self.begun));
            self.begun += 1;
        }
    }

    fn launch(&mut self, now: f64, number: usize) {
        let child = self.children[number];
        let on_spot = child.attempt == 0 && child.launches < SPOT_LAUNCHES && self.random.share() < self.spot_share;
        let capacity = if on_spot { Capacity::Spot } else { Capacity::OnDemand };
        let vcpus = child.work.size.vcpus();
        let room = self.used[capacity as usize] + vcpus <= self.account.vcpus;
        if !self.admits(now) || !room || on_spot && now < self.account.spot_from {
            self.ended.refused += 1;
            self.ended.transitions += 1;
            let longest = (PAUSE * 2f64.powi(child.launches.min(20) as i32)).min(LONGEST_PAUSE);
            self.children[number].launches += 1;
            let pause = self.random.between(&(0.0..longest));
            self.at(now + pause, Event::Launch(number));
            return;
        }
        self.used[capacity as usize] += vcpus;
        self.ended.most_vcpus = self.ended.most_vcpus.max(self.used.iter().sum());
        let begins = now + self.random.between(&LAUNCH);
        let stays = if on_spot { self.random.exponential(self.account.taken_per_hour / 3600.0) } else { f64::INFINITY };
        let ran = child.left.min(stays);
        self.at(begins + ran, Event::Ended { child: number, capacity, taken: stays < child.left, ran: Moment(ran) });
    }

    /// Whether one more launch is within the rate.
    fn admits(&mut self, now: f64) -> bool {
        let (left, counted) = self.allowance;
        let left = (left + LAUNCHES_PER_SECOND * (now - counted)).min(LAUNCHES_PER_SECOND);
        let admitted = left >= 1.0;
        self.allowance = (if admitted { left - 1.0 } else { left }, now);
        admitted
    }

    fn end(&mut self, (now, number): (f64, usize), capacity: Capacity, taken: bool, ran: f64) {
        let billed = TaskTime::of(self.children[number].work.size, ran);
        match capacity {
            Capacity::OnDemand => self.ended.on_demand += billed,
            Capacity::Spot => self.ended.spot += billed,
        }
        self.at(now + STOPPING, Event::Stopped { child: number, capacity });
        if !taken {
            self.ended.seconds = self.ended.seconds.max(now + TOLD);
            self.at(now + TOLD, Event::Next);
            return;
        }
        self.ended.taken += 1;
        self.ended.transitions += TRANSITIONS_OF_ATTEMPT;
        let child = &mut self.children[number];
        if child.work.goes_on {
            child.left -= ran * KEPT;
        }
        child.attempt += 1;
        child.launches = 0;
        let longest = (10.0 * 2f64.powi(child.attempt.min(20) as i32)).min(300.0);
        let pause = self.random.between(&(0.0..longest)).ceil();
        self.at(now + pause, Event::Launch(number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: TaskSize = TaskSize { cpu: 1024, memory: 2048 };

    fn ended(tasks: usize, seconds: f64, account: Account, concurrency: u64, spot: u8) -> Ended {
        let work = Work { size: BASE, seconds, goes_on: true };
        run(&vec![work; tasks], account, concurrency, spot, &mut Random::new(5))
    }

    #[test]
    fn a_task_alone_takes_its_launch_and_its_time() {
        let ended = ended(1, 100.0, Account::default(), 100, 0);
        assert!((145.0..165.0).contains(&ended.seconds), "{ended:?}");
        assert_eq!((ended.on_demand.tasks, ended.spot.tasks, ended.refused), (1, 0, 0));
        assert_eq!(ended.on_demand.seconds, 115.0);
    }

    #[test]
    fn launches_are_not_faster_than_twenty_in_a_second() {
        let account = Account { vcpus: f64::INFINITY, ..Account::default() };
        let ended = ended(10_000, 1.0, account, 10_000, 0);
        assert!(ended.seconds > 500.0, "{ended:?}");
        assert!(ended.refused > 10_000, "{ended:?}");
        assert_eq!(ended.on_demand.tasks, 10_000);
    }

    #[test]
    fn a_quota_is_never_exceeded_and_no_task_is_given_up() {
        let account = Account { vcpus: 6.0, ..Account::default() };
        let ended = ended(60, 200.0, account, 100, 0);
        assert!(ended.most_vcpus <= 6.0, "{ended:?}");
        assert_eq!(ended.on_demand.tasks, 60);
        assert!((2_500.0..6_000.0).contains(&ended.seconds), "{ended:?}");
    }

    #[test]
    fn without_capacity_on_spot_everything_is_done_on_demand() {
        let account = Account { spot_from: 3600.0, ..Account::default() };
        let ended = ended(50, 100.0, account, 100, 100);
        assert_eq!((ended.spot.tasks, ended.on_demand.tasks), (0, 50));
        assert!(ended.seconds < 900.0, "{ended:?}");
    }

    #[test]
    fn what_spot_takes_away_is_done_again_on_demand() {
        let account = Account { taken_per_hour: 20.0, ..Account::default() };
        let ended = ended(100, 300.0, account, 100, 100);
        assert!(ended.taken > 50, "{ended:?}");
        assert_eq!(ended.on_demand.tasks, ended.taken);
        let worked = ended.on_demand.seconds + ended.spot.seconds;
        assert!((30_000.0..40_000.0).contains(&worked), "{ended:?}");
    }

    #[test]
    fn the_same_seed_makes_the_same_day() {
        let day = || ended(200, 60.0, Account::default(), 50, 80).seconds;
        assert_eq!(day(), day());
    }
}
