//! Whole runs of scripted steps.

mod crash;
mod failure;
mod forward;
mod graphs;
mod ownership;
mod stop;
mod undo;
