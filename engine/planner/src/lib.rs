//! From the text of a workflow to a checked, frozen run.
//!
//! Pure functions: text, inputs and a [`Catalogue`] of migrators and connection kinds go in, a
//! [`RunDefinition`](gateshift_model::RunDefinition) or every mistake at once comes out, each with its
//! place in the file and what to write instead. Which migrators and kinds exist is the catalogue's
//! business: nothing here knows a product.

mod approvals;
mod binding;
mod catalogue;
mod check;
mod codes;
mod conditions;
mod connections;
mod diagnostic;
mod document;
mod expand;
mod fields;
mod foreach;
mod graph;
mod inputs;
mod isolation;
mod outputs;
mod render;
mod retry;
mod schema;
mod secrets;
mod settings;
mod source;
mod steps;
mod suggest;
mod tree;
mod violation;
mod waivers;
mod windows;

pub use catalogue::{Catalogue, ConnectionKindInfo, Used};
pub use check::{Checked, check};
pub use codes::CODES;
pub use diagnostic::{Diagnostic, Diagnostics, Level, Related, Span};
pub use schema::schema;
pub use settings::misfits;
pub use source::WorkflowSource;
pub use waivers::{check_waivers, waivers_file};
