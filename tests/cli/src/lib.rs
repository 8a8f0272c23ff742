//! Nothing of its own: the tests of this crate are in `tests/`.
