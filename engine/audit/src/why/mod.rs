//! Why a run stands where it stands: what it waits for or why it rests, and what goes on from there. A
//! pure function of the history, of who owns the run, and of the time.

mod answer;
mod explain;
mod next;
mod seen;
mod steps;
mod story;
mod text;

#[cfg(test)]
mod tests;

pub use answer::{
    Answer, Asked, Blocking, Call, Circumstances, Failure, NotRun, Owner, StepAnswer, outcome_word,
    status_word,
};
pub use explain::explain;
pub use next::shell;
pub use story::{Story, Turn, Wait};
pub use text::render;
