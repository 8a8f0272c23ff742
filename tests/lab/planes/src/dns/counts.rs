//! How often each value was given, in total and since a moment.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::lookup::Found;

/// Answers remembered one by one.
const KEPT: usize = 500_000;

/// Counters of the answers given, by name and value.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    numbers: HashMap<(String, String), usize>,
    totals: Vec<u64>,
    recent: VecDeque<(i64, usize)>,
}

/// Answers by name and value.
pub(crate) type Given = BTreeMap<(String, String), u64>;

impl Counts {
    pub(crate) fn add(&mut self, now_ms: i64, given: Vec<Found>) {
        for Found { name, value, .. } in given {
            let next = self.totals.len();
            let number = *self.numbers.entry((name, value)).or_insert(next);
            if number == next {
                self.totals.push(0);
            }
            self.totals[number] += 1;
            if self.recent.len() == KEPT {
                self.recent.pop_front();
            }
            self.recent.push_back((now_ms, number));
        }
    }

    pub(crate) fn totals(&self) -> Given {
        self.numbers.iter().map(|(key, number)| (key.clone(), self.totals[*number])).collect()
    }

    /// Answers given at or after a moment, as far as they are remembered.
    pub(crate) fn since(&self, ms: i64) -> Given {
        let mut counts = vec![0; self.totals.len()];
        for (_, number) in self.recent.iter().rev().take_while(|(at, _)| *at >= ms) {
            counts[*number] += 1;
        }
        let named = self.numbers.iter().map(|(key, number)| (key.clone(), counts[*number]));
        named.filter(|(_, count)| *count > 0).collect()
    }
}
