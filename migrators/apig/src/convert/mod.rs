//! Pure conversions between the gateway model and the product's request bodies, one kind of object a
//! file. Each has its reverse, so that an answer can be compared with what was wanted.
//!
//! Bodies refer to objects of the same plan by whatever text the caller gives: a plan writes
//! operation keys there, `apply` puts the real ids in their place.

pub mod backend;
pub mod domain;
pub mod matching;
pub mod policy;
pub mod route;
pub mod security;
pub mod service;
pub mod source;

use serde_json::Value;

/// An object without the fields that are null.
pub(crate) fn compact(mut value: Value) -> Value {
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, field| !field.is_null());
    }
    value
}
