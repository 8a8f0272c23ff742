//! Tests of the gateway product as a client meets it; every call is checked against the contract.

mod domains;
mod enforced;
mod gateways;
mod lists;
mod policies;
mod routes;
mod services;
mod walk;
