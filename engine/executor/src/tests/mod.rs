//! Whole runs of scripted steps.

mod approvals;
mod cost;
mod crash;
mod failure;
mod forward;
mod graphs;
mod matrix;
mod outputs;
mod ownership;
mod preview;
mod stop;
mod undo;
mod verbs;
mod waivers;
mod why;
mod windows;
mod workers;
