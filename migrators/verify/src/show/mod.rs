//! Requests that show what a gateway does beside matching and forwarding. Each kind has its file;
//! all of them make drafts from a request that a route is known to answer, and leave to the maker
//! who answers, what was made before and how many there may be.

mod auth;
mod consumers;
mod lists;
mod parameters;
mod plugins;
mod policies;
mod triggers;

pub(crate) use policies::{Expressions, attach};

use crate::draft::Draft;
use crate::generate::Maker;

/// Places of one kind that are asked about the same thing.
const PLACES: usize = 2;
/// A value of a header or parameter that shows whether it gets through.
const SENT: &str = "gateshift-sent";

/// A route that answers, and the request it answers.
pub(crate) struct Base {
    /// Position of its note.
    pub(crate) note: usize,
    /// Position in the inventory.
    pub(crate) at: usize,
    /// The request, without anything that the source asks of callers.
    pub(crate) bare: Draft,
}

/// Requests for one route.
pub(crate) fn route(maker: &mut Maker<'_>, base: &Base) {
    policies::requests(maker, base);
    consumers::requests(maker, base);
    plugins::requests(maker, base);
}

/// Requests for what is not one route's.
pub(crate) fn gateway(maker: &mut Maker<'_>) {
    policies::account(maker);
    let bases = maker.bases();
    lists::requests(maker, &bases);
    auth::requests(maker, &bases);
    consumers::account(maker);
    plugins::account(maker, &bases);
    parameters::requests(maker, &bases);
}
