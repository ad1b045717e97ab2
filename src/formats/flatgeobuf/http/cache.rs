//! Blocks in memory: those used last stay. Several threads at a time; none fetches what another is fetching.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Places from which somebody reads on that are remembered.
const STREAMS: usize = 8;

/// The cache.
#[derive(Debug)]
pub struct Cache {
    state: Mutex<State>,
    arrived: Condvar,
    most: usize,
}

#[derive(Debug, Default)]
struct State {
    blocks: HashMap<u64, Slot>,
    /// Blocks by when they were used, the longest unused first.
    used: BTreeMap<u64, u64>,
    clock: u64,
    bytes: usize,
    /// Where reads ended, and how many blocks more were last fetched with them; the newest last.
    streams: Vec<(u64, u64)>,
}

#[derive(Debug)]
enum Slot {
    /// With the time of its last use.
    Here(Arc<[u8]>, u64),
    /// Somebody fetches it.
    Coming,
}

/// What to do for blocks that are wanted.
#[derive(Debug)]
pub enum Claim {
    /// These are here.
    Here(Vec<(u64, Arc<[u8]>)>),
    /// These runs are for the caller to fetch; others wait for them.
    Fetch(Vec<Range<u64>>),
}

/// Claimed blocks; those that did not come are free again when it goes.
#[derive(Debug)]
pub struct Guard<'a> {
    cache: &'a Cache,
    runs: Vec<Range<u64>>,
}

impl Cache {
    /// Holds at most so many bytes.
    pub fn new(most: usize) -> Self {
        Self { state: Mutex::default(), arrived: Condvar::new(), most }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is whole between any two statements that can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// Keeps a block.
    pub fn put(&self, block: u64, data: Arc<[u8]>) {
        self.lock().put(block, data, self.most);
        self.arrived.notify_all();
    }

    /// How many blocks more are worth fetching with a read: none for a single look, twice as many each time that
    /// somebody reads on where a read ended.
    pub fn ahead(&self, blocks: &Range<u64>) -> u64 {
        let mut state = self.lock();
        // A read that begins in the block where the last one ended reads on as well.
        let known = state.streams.iter().position(|(end, _)| *end == blocks.start || *end == blocks.start + 1);
        let ahead = match known.map(|i| state.streams.remove(i)) {
            // Still inside the same block.
            Some((end, ahead)) if end >= blocks.end => ahead,
            Some((_, ahead)) => (ahead * 2).clamp(1, 16),
            None => 0,
        };
        if state.streams.len() >= STREAMS {
            state.streams.remove(0);
        }
        state.streams.push((blocks.end, ahead));
        ahead
    }

    /// Looks for blocks. What nobody has or fetches is claimed for the caller in runs of at most `most` blocks, the
    /// last one `ahead` blocks longer where these are missing too; otherwise waits until one is here.
    pub fn claim(&self, wanted: &[u64], all: u64, ahead: u64, most: u64) -> Claim {
        let mut state = self.lock();
        loop {
            let mut runs: Vec<Range<u64>> = Vec::new();
            let end = wanted.last().map_or(0, |last| last + 1);
            let missing = wanted.iter().copied().filter(|block| !state.blocks.contains_key(block));
            for block in missing {
                match runs.last_mut() {
                    Some(run) if run.end == block && run.end - run.start < most => run.end += 1,
                    _ => runs.push(block..block + 1),
                }
            }
            if let Some(run) = runs.last_mut().filter(|run| run.end == end) {
                let stop = all.min(end + ahead).min(run.start + most);
                while run.end < stop && !state.blocks.contains_key(&run.end) {
                    run.end += 1;
                }
            }
            if !runs.is_empty() {
                for block in runs.iter().cloned().flatten() {
                    state.blocks.insert(block, Slot::Coming);
                }
                return Claim::Fetch(runs);
            }
            let here: Vec<(u64, Arc<[u8]>)> =
                wanted.iter().filter_map(|block| state.touch(*block).map(|data| (*block, data))).collect();
            if !here.is_empty() {
                return Claim::Here(here);
            }
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Holds a claim.
    pub fn guard(&self, runs: Vec<Range<u64>>) -> Guard<'_> {
        Guard { cache: self, runs }
    }
}

impl State {
    fn touch(&mut self, block: u64) -> Option<Arc<[u8]>> {
        let Some(Slot::Here(data, used)) = self.blocks.get_mut(&block) else { return None };
        self.clock += 1;
        self.used.remove(used);
        *used = self.clock;
        self.used.insert(self.clock, block);
        Some(data.clone())
    }

    fn put(&mut self, block: u64, data: Arc<[u8]>, most: usize) {
        self.clock += 1;
        self.bytes += data.len();
        if let Some(Slot::Here(old, used)) = self.blocks.insert(block, Slot::Here(data, self.clock)) {
            self.bytes -= old.len();
            self.used.remove(&used);
        }
        self.used.insert(self.clock, block);
        while self.bytes > most {
            let Some((_, oldest)) = self.used.pop_first() else { break };
            if let Some(Slot::Here(old, _)) = self.blocks.remove(&oldest) {
                self.bytes -= old.len();
            }
        }
    }
}

impl Guard<'_> {
    /// A claimed block that came.
    pub fn put(&mut self, block: u64, data: Arc<[u8]>) {
        self.cache.put(block, data);
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        let mut state = self.cache.lock();
        for block in self.runs.drain(..).flatten() {
            if matches!(state.blocks.get(&block), Some(Slot::Coming)) {
                state.blocks.remove(&block);
            }
        }
        drop(state);
        self.cache.arrived.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(byte: u8) -> Arc<[u8]> {
        vec![byte; 10].into()
    }

    #[test]
    fn the_block_that_was_not_used_for_longest_goes_first() {
        let cache = Cache::new(30);
        (0..3).for_each(|n| cache.put(n, block(n as u8)));
        assert!(matches!(cache.claim(&[0], 9, 0, 9), Claim::Here(_)));
        cache.put(3, block(3));
        assert_eq!(cache.bytes(), 30);
        // 1 went: 0 was used after it.
        assert!(matches!(cache.claim(&[0, 2, 3], 9, 0, 9), Claim::Here(here) if here.len() == 3));
        assert!(matches!(cache.claim(&[1], 9, 0, 9), Claim::Fetch(runs) if runs.iter().eq([&(1..2)])));
    }

    #[test]
    fn missing_neighbours_are_one_run_and_what_is_here_is_not_fetched() {
        let cache = Cache::new(1000);
        cache.put(3, block(3));
        cache.put(9, block(9));
        let Claim::Fetch(runs) = cache.claim(&[1, 2, 3, 4, 5, 6], 20, 8, 64) else { panic!() };
        // Two more: then comes one that is here.
        assert_eq!(runs, [1..3, 4..9]);
        drop(cache.guard(runs));
        assert!(matches!(cache.claim(&[18], 20, 8, 64), Claim::Fetch(runs) if runs.iter().eq([&(18..20)])));
    }

    #[test]
    fn only_who_reads_on_gets_more() {
        let cache = Cache::new(1000);
        assert_eq!([cache.ahead(&(4..5)), cache.ahead(&(100..101))], [0, 0]);
        assert_eq!([cache.ahead(&(5..6)), cache.ahead(&(6..7)), cache.ahead(&(6..8))], [1, 2, 4]);
        // Another look inside the last block asks for no more than before.
        assert_eq!(cache.ahead(&(7..8)), 4);
        assert_eq!(cache.ahead(&(300..301)), 0);
    }
}
