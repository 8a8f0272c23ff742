//! Tests of the step as a whole.

mod effective;
mod lab;
mod model;
mod order;
mod words;
