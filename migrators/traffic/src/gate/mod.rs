//! Gates: whether a stage may be left for the next one. Pure.
//!
//! What the target did is held against what the source did in the same minutes, signal by signal, each as
//! a rate: so many of so many. A gate has three answers, and only the first two are decisions: the stage
//! passes, the target is worse, or there is not enough to say so (invariant **doubt holds**).
//!
//! `counts` takes what a source of metrics said, or says why it cannot be believed; `rate` is the one
//! test; `levels` keeps many looks from finding by chance what is not there; `signals` makes rates of
//! failures, refusals, times and business numbers; `load` holds the target's own load against its bounds,
//! now and at the next share; `judge` puts them together, in words.

mod counts;
mod judge;
mod levels;
mod load;
mod rate;
mod schema;
mod settings;
mod signals;
mod stats;
mod watched;
mod words;
mod written;

#[cfg(test)]
mod canaries;

pub(crate) use counts::{Counts, Raw, checked};
pub(crate) use judge::{Judgement, Stage, judge};
pub(crate) use load::Load;
pub(crate) use rate::Pair;
pub(crate) use schema::schema;
pub(crate) use settings::{Business, Expressions, Gates};
pub(crate) use watched::{Bin, Watched};
pub(crate) use written::read;
