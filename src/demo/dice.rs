//! Chance that is the same on every machine.

use rand::{RngCore, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// Mixes numbers into one seed (splitmix64 steps).
pub(super) fn seed_of(parts: &[i64]) -> u64 {
    let mut h: u64 = 0x9E37_79B9_7F4A_7C15;
    for part in parts {
        h ^= *part as u64;
        h = h.wrapping_add(0x9E37_79B9_7F4A_7C15);
        h = (h ^ (h >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        h = (h ^ (h >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        h ^= h >> 31;
    }
    h
}

/// A number from 0 to 1 that belongs to some numbers for ever.
pub(super) fn fixed(parts: &[i64]) -> f64 {
    (seed_of(parts) >> 11) as f64 / (1_u64 << 53) as f64
}

/// A source of chance.
pub(super) struct Dice(Pcg64Mcg);

impl Dice {
    pub(super) fn new(parts: &[i64]) -> Self {
        Self(Pcg64Mcg::seed_from_u64(seed_of(parts)))
    }

    /// 0 ≤ x < 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number, both ends included.
    pub(super) fn whole(&mut self, low: u32, high: u32) -> u32 {
        low + (self.unit() * f64::from(high - low + 1)) as u32
    }

    pub(super) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// One of a list that is not empty.
    pub(super) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[(self.unit() * list.len() as f64) as usize]
    }

    /// One of a list by weight; the last when weights run out.
    pub(super) fn weighted<T: Copy>(&mut self, list: &[(T, f64)]) -> T {
        let mut left = self.unit() * list.iter().map(|l| l.1).sum::<f64>();
        for (item, weight) in list {
            left -= weight;
            if left < 0.0 {
                return *item;
            }
        }
        list[list.len() - 1].0
    }
}
