//! Feeds against what really happens: a broker that dies, a server that breaks off, a file that another program writes.

mod broker;
mod desk;
mod files;
mod mqtt;
mod open311;
mod serve;
mod web;

use std::time::{Duration, Instant};

use cimbase::feeds::{Feed, State, Status};

/// Waits until something holds; what the feed says where it does not.
fn until(feed: &Feed, most_s: u64, what: &str, holds: impl Fn(&Status) -> bool) -> Status {
    let end = Instant::now() + Duration::from_secs(most_s);
    loop {
        let status = feed.state();
        if holds(&status) {
            return status;
        }
        assert!(Instant::now() < end, "{what}: not after {most_s} s: {status:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Stops a feed, which takes no more than the second that it may take.
fn stop(mut feed: Feed) {
    let begun = Instant::now();
    feed.stop();
    assert!(begun.elapsed() < Duration::from_millis(1_200), "stopping took {:?}", begun.elapsed());
    assert_eq!(feed.state().state, State::Stopped);
}

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}
