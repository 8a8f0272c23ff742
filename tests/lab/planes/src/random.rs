//! A random source that starts differently in every process, for draws that must not repeat from
//! run to run (weighted answers, weighted destinations).

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// A shared generator.
#[derive(Debug)]
pub(crate) struct Random(Mutex<StdRng>);

impl Random {
    /// Seeded by the operating system, through the standard library's hash keys.
    pub(crate) fn unpredictable() -> Self {
        Self::seeded(RandomState::new().build_hasher().finish())
    }

    /// The same sequence for the same seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }

    /// A number below `bound`; 0 when the bound is 0.
    pub(crate) fn below(&self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        self.0.lock().unwrap_or_else(PoisonError::into_inner).random_range(0..bound)
    }

    /// True with the given probability.
    pub(crate) fn chance(&self, probability: f64) -> bool {
        let draw: f64 = self.0.lock().unwrap_or_else(PoisonError::into_inner).random();
        draw < probability
    }
}
